//! Activations by concept and by cell; how specific a concept is to a metadata label.
