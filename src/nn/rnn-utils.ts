// nn.utils.rnn: padding and packing of sequences. https://pytorch.org/docs/stable/nn.html#utility-functions-in-other-modules

export { packPaddedSequence, packSequence, PackedSequence, padPackedSequence, padSequence } from './packed.ts';
