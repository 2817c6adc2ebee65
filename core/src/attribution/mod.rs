//! Counterfactuals, occlusion attribution, gene rankings and deletion curves (the paper's equations 1 to 3).
