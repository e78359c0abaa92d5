// In Chromium: the programs of the course, PyTorch's samples and modules.
import { reportPart } from './report.ts';

reportPart('browserFirst');
