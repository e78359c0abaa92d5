// data: data sets, loaders, and a small frame for preparing tables. https://pytorch.org/docs/stable/data.html

export { type BatchedDataset, type Dataset, randomSplit, Subset, TensorDataset } from './dataset.ts';
export {
  DataFrame,
  type DummyOptions,
  type Fill,
  getDummies,
  readCsv,
  type Selector,
  type SliceLike,
} from './frame.ts';
export { type Collated, DataLoader, type DataLoaderOptions, defaultCollate } from './loader.ts';
export { BatchSampler, RandomSampler, type RandomSamplerOptions, type Sampler, SequentialSampler } from './sampler.ts';
