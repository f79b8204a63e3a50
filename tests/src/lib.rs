//! Programs and what they print; checks of the whole.
