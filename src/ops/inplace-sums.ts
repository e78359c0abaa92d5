// The twins `name_` of products, running sums and norms: they write the result into their first argument.
// https://pytorch.org/docs/stable/tensors.html

import * as products from './matmul.ts';
import * as moreProducts from './products.ts';
import * as reducing from './reduce.ts';
import * as summaries from './summaries.ts';
import { twin } from './twin.ts';

export const addbmm_ = twin('addbmm_', moreProducts.addbmm);
export const addmm_ = twin('addmm_', products.addmm);
export const addmv_ = twin('addmv_', products.addmv);
export const addr_ = twin('addr_', moreProducts.addr);
export const baddbmm_ = twin('baddbmm_', products.baddbmm);
export const cumprod_ = twin('cumprod_', reducing.cumprod);
export const cumsum_ = twin('cumsum_', reducing.cumsum);
export const renorm_ = twin('renorm_', summaries.renorm);
