//! `landfall init`: a pipeline from an existing SAM project.
