//! How results look: a view becomes a document, a renderer prints it.
