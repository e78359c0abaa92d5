// data.transforms: what is done to samples before they are learnt from, as torchvision's transforms do it to tensors. Each is a
// module: `const prepare = new Compose([new ToTensor(), new Resize(32)])`, then `prepare(image)`. Random ones draw from the
// default stream, as torchvision does from PyTorch's. https://pytorch.org/vision/stable/transforms.html

export { CenterCrop, Pad, RandomCrop, RandomHorizontalFlip, RandomVerticalFlip, Resize } from './image-places.ts';
export {
  Compose,
  ConvertImageDtype,
  Grayscale,
  Lambda,
  Normalize,
  type Pixels,
  ToDtype,
  ToTensor,
} from './image-values.ts';
