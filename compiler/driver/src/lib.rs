//! The vittec command line: VITBC to native executables.
