// Which of PyTorch's names wgrad does not aim at, each group with its reason.

const groups: readonly (readonly [reason: string, names: RegExp])[] = [
  [
    'sparse, quantized, nested and mkldnn tensors',
    /sparse|quantiz|^q_|^qscheme|^int_repr|coalesce|^crow_|^ccol_|^(col|row)_indices|^(indices|values)$|^dense_dim|to_dense|mkldnn|nested|^hspmm|^sspaddmm|^smm$|fake_quant|to_padded_tensor|_quantized/i,
  ],
  [
    'complex numbers',
    /complex|^(is_conj|is_neg|resolve_|conj$|conj_|angle|real$|imag$|polar|isreal|view_as_real|sgn_?$|cfloat|cdouble|chalf|vdot|stft|istft)/,
  ],
  ['eigenvalues of matrices that are not symmetric: complex, and wgrad has no dtype for them', /^eig(vals)?$/],
  [
    'other devices, and how processes share them',
    /cuda|ipu$|xpu$|is_mps|is_meta|vulkan|pin_memory|is_pinned|share_memory|is_shared|record_stream|get_device|DataParallel|SyncBatchNorm|Distributed|num_threads|interop|autocast|set_flush_denormal|compiled_with_cxx11|float32_matmul_precision/,
  ],
  ['16-bit and 8-bit types', /^(half|bfloat16|short|char)$/],
  [
    "Python's own machinery: pickles, storages, DLPack, TorchScript, data pipes, debug switches",
    /storage|dlpack|frombuffer|data_ptr|as_subclass|^set_$|is_set_to|deepcopy|^(apply_|map_|map2_)$|vital|^fork$|^wait$|DataPipe|DataChunk|argument_validation|get_worker_info|reinforce|typename|is_inference|inference_mode|warn_always|debug_mode|default_tensor_type|set_default_dtype|get_default_dtype|kineto|NestedIOFunction|^init_num|unsafe_|factory_kwargs|skip_init|memory_format|default_convert|get_num|element_size|retains_grad$/,
  ],
  ['sizes are plain arrays here', /^Size$/],
  ['named tensors', /^(names|align_|rename_?|refine_names|has_names)/],
  [
    'deprecated, with another name that wgrad has',
    /^(range|ger|chain_matmul|symeig|lu$|lstsq|triangular_solve|geqrf|orgqr|ormqr|qr$|svd$|lu_solve|lu_unpack|NLLLoss2d|Container|clip_grad_norm|constant|dirac|eye|kaiming_normal|kaiming_uniform|normal|orthogonal|sparse|uniform|xavier_normal|xavier_uniform|upsample|upsample_bilinear|upsample_nearest|UpsamplingBilinear2d|UpsamplingNearest2d|CrossMapLRN2d|lobpcg|svd_lowrank|pca_lowrank)$/,
  ],
  [
    'shapes of memory that a value has on one device only',
    /^(set_|resize_|resize_as_|storage_offset|new_empty_strided|empty_strided|as_strided_)$/,
  ],
];

/** What stands beneath nn.functional, undocumented: with integers for reductions and modes, cuDNN's switches, other orders. */
const beneath: ReadonlySet<string> = new Set(
  (
    'batch_norm instance_norm embedding embedding_bag binary_cross_entropy_with_logits cosine_embedding_loss ctc_loss ' +
    'hinge_embedding_loss kl_div margin_ranking_loss poisson_nll_loss triplet_margin_loss'
  ).split(' '),
);

/** Names that a group would take though wgrad aims at them. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  torch: ['normal', 'eye', 'svd', 'qr', 'angle', 'real', 'sgn'],
  'torch.linalg': ['svd', 'qr', 'lu', 'lstsq', 'lu_solve'],
  'torch.nn.init': ['sparse_'],
};

/** Why wgrad does not aim at a name of PyTorch's; null if it does. */
export function outsideReason(module: string, name: string): string | null {
  if (wanted[module]?.includes(name)) return null;
  if (module === 'torch' && beneath.has(name)) {
    return 'undocumented functions beneath nn.functional, which has them: integers for reductions, other orders of arguments';
  }
  return groups.find(([, names]) => names.test(name))?.[0] ?? null;
}
