//! Many templates in one process: one JSON object per line in and out.
