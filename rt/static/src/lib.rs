//! The runtime archive that compiled programs link.
