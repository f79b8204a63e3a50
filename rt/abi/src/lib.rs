//! What compiled code and runtime agree on: runtime functions, layouts, side tables.
