// In Chromium: all other suites.
import { reportPart } from './report.ts';

reportPart('browserSecond');
