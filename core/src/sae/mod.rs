//! TopK sparse autoencoders: weights, encode, decode, training and metrics.
