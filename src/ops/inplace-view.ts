// The twins `name_` of views: a tensor takes another shape over the elements that it has. Other tensors on them stay as they
// are, and gradients go on. https://pytorch.org/docs/stable/tensors.html

import { viewTwin } from './twin.ts';
import * as views from './view.ts';

export const squeeze_ = viewTwin('squeeze_', views.squeeze);
export const swapaxes_ = viewTwin('swapaxes_', views.swapaxes);
export const t_ = viewTwin('t_', views.t);
export const transpose_ = viewTwin('transpose_', views.transpose);
export const unsqueeze_ = viewTwin('unsqueeze_', views.unsqueeze);
