//! The reference interpreter of VITBC.
