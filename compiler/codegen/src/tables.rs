//! The side tables of a program: from the call sites of its functions to [`vitte_abi::code`].

use crate::code::Code;
use crate::env::Env;
use crate::ir::{self, Loc};
use rustc_hash::FxHashMap;
use vitbc::{FileIdx, FuncIdx};
use vitte_abi::code::{Handler, Location, NONE, Site};

/// The call sites of a program so far, and the places in the source that they refer to.
#[derive(Default)]
pub struct Tables {
    sites: Vec<Site>,
    locations: Vec<Location>,
    known: FxHashMap<Place, u32>,
}

/// A location before its names are looked up: function, position, caller's location.
type Place = (FuncIdx, Option<(FileIdx, u32, u32)>, u32);

impl Tables {
    /// Adds the call sites of `code`, which stands at `start` in the text. Code that the compiler added has no
    /// function, and does not appear in stack traces.
    pub fn add(&mut self, env: &Env<'_>, function: Option<&ir::Function>, code: &Code, start: u32) {
        for site in &code.sites {
            let location = match function {
                Some(function) if !site.at_entry => match site.loc {
                    Some(loc) => self.location(env, function, loc),
                    None => self.place(env, (function.func, None, NONE)),
                },
                _ => NONE,
            };
            self.sites.push(Site {
                pc: start + site.pc,
                frame_size: site.frame_size,
                roots: site.roots.clone(),
                handlers: site.handlers.iter().map(|each| Handler { target: start + each.target, ..*each }).collect(),
                location,
            });
        }
    }

    /// The encoded tables.
    pub fn encode(&self, text_len: u32) -> Vec<u8> {
        vitte_abi::code::encode(&self.sites, &self.locations, text_len)
    }

    fn location(&mut self, env: &Env<'_>, function: &ir::Function, loc: Loc) -> u32 {
        // From the outermost call that was inlined to the place itself.
        let mut chain = vec![loc];
        while let Some(caller) = function.locs[chain[chain.len() - 1]].caller {
            chain.push(caller);
        }
        chain.into_iter().rev().fold(NONE, |caller, loc| {
            let data = &function.locs[loc];
            self.place(env, (data.func, data.position, caller))
        })
    }

    fn place(&mut self, env: &Env<'_>, place: Place) -> u32 {
        let locations = &mut self.locations;
        *self.known.entry(place).or_insert_with(|| {
            let (func, position, caller) = place;
            let (file, line, column) = match position {
                Some((file, line, column)) => (env.module.files[file.index()].clone(), line, column),
                None => (String::new(), 0, 0),
            };
            locations.push(Location { function: env.module.func_name(func).to_owned(), file, line, column, caller });
            locations.len() as u32 - 1
        })
    }
}
