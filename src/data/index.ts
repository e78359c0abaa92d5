// data: data sets, loaders, and a small frame for preparing tables. https://pytorch.org/docs/stable/data.html

export { type Collated, defaultCollate } from './collate.ts';
export {
  type BatchedDataset,
  ChainDataset,
  ConcatDataset,
  Dataset,
  IterableDataset,
  randomSplit,
  Subset,
  TensorDataset,
} from './dataset.ts';
export { DataFrame, type DummyOptions, type Fill, getDummies, type Selector, type SliceLike } from './frame.ts';
export { DataLoader, type DataLoaderOptions } from './loader.ts';
export { readCsv, readIdx } from './read.ts';
export {
  BatchSampler,
  RandomSampler,
  type RandomSamplerOptions,
  Sampler,
  SequentialSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from './sampler.ts';
export * as transforms from './transforms.ts';
