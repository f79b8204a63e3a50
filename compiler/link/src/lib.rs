//! Targets, the carried runtime archive, and linking.
