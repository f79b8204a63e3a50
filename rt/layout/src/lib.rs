//! What the runtime is told about a program: type layouts derived from a verified module.
