//! References and renaming: the same name in all files of the project.

use super::{Server, place};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use vitte_frontend::analysis::{Short, Uses, is_name};
use vitte_frontend::{SourceFile, SourceLoader};

/// The most files that are looked through.
const MAX_FILES: usize = 2000;
/// How deep folders are looked through.
const MAX_DEPTH: usize = 12;

/// A name that is declared: the file, and the bytes of it.
type Declared = (String, Range<usize>);
/// The places of a name by file, and which of two things it is that stand there.
type Places = BTreeMap<String, BTreeSet<(usize, usize, Option<Short>)>>;

/// Files as they will be.
struct Changed<'s, L> {
    loader: L,
    texts: &'s HashMap<String, String>,
}

impl<L: SourceLoader> SourceLoader for Changed<'_, L> {
    fn load(&mut self, importer: &str, name: &str) -> Option<SourceFile> {
        let mut file = self.loader.load(importer, name)?;
        if let Some(text) = self.texts.get(&file.name) {
            file.text.clone_from(text);
        }
        Some(file)
    }
}

impl Server {
    pub(super) fn references(&self, params: &Value) -> Option<Value> {
        let declared = self.declared(params)?;
        let with_declaration = params["context"]["includeDeclaration"].as_bool().unwrap_or(true);
        let mut all = vec![];
        for (name, places) in self.places(&declared).0 {
            let text = self.text(&name)?;
            for (start, end, _) in places {
                if with_declaration || (name != declared.0 || declared.1 != (start..end)) {
                    all.push(json!({ "uri": place::uri(&name), "range": place::range(&text, start..end) }));
                }
            }
        }
        Some(all.into())
    }

    /// The edits that give a name another form everywhere; why not, if the program would not mean the same.
    pub(super) fn rename(&self, params: &Value) -> Result<Value, String> {
        let new = params["newName"].as_str().unwrap_or_default();
        if !is_name(new) {
            return Err(format!("`{new}` is no name"));
        }
        let declared = self.declared(params).ok_or("there is no name here that could be changed")?;
        if !Path::new(&declared.0).is_absolute() {
            return Err("this is declared in the library".to_owned());
        }
        let (places, files) = self.places(&declared);
        let (mut changes, mut texts) = (Map::new(), HashMap::new());
        for (name, places) in places {
            let text = self.text(&name).ok_or_else(|| format!("cannot read `{name}`"))?;
            let (mut edits, mut changed, mut copied) = (vec![], String::new(), 0);
            for (start, end, short) in places {
                let old = &text[start..end];
                let new = match short {
                    None => new.to_owned(),
                    Some(Short::Field) => format!("{new}: {old}"),
                    Some(Short::Variable) => format!("{old}: {new}"),
                };
                changed.push_str(&text[copied..start]);
                changed.push_str(&new);
                copied = end;
                edits.push(json!({ "range": place::range(&text, start..end), "newText": new }));
            }
            changed.push_str(&text[copied..]);
            changes.insert(place::uri(&name), edits.into());
            texts.insert(name, changed);
        }
        for file in files {
            let before = Uses::new(&mut self.loader(), &file);
            let text = texts.get(&file.name).unwrap_or(&file.text).clone();
            let mut loader = Changed { loader: self.loader(), texts: &texts };
            let after = Uses::new(&mut loader, &SourceFile { name: file.name.clone(), text });
            if after.n_errors > before.n_errors || after.shape() != before.shape() {
                return Err(format!("with the name `{new}`, `{}` would mean something else", file.name));
            }
        }
        Ok(json!({ "changes": changes }))
    }

    fn declared(&self, params: &Value) -> Option<Declared> {
        let file = self.file(params["textDocument"]["uri"].as_str()?)?;
        let uses = Uses::new(&mut self.loader(), &file);
        let span = uses.declaration_at(&file.name, place::offset(&file.text, &params["position"]))?;
        let (source, range) = uses.sources.locate(span);
        Some((source.name.clone(), range))
    }

    /// Where a declared name stands, and the files that were looked through for it.
    fn places(&self, declared: &Declared) -> (Places, Vec<SourceFile>) {
        let word = self.text(&declared.0).and_then(|text| Some(text.get(declared.1.clone())?.to_owned()));
        let word = word.unwrap_or_default();
        let (mut places, mut looked) = (Places::new(), vec![]);
        for file in self.project(&declared.0).into_iter().filter(|file| file.text.contains(&word)) {
            let uses = Uses::new(&mut self.loader(), &file);
            for one in &uses.all {
                let (source, range) = uses.sources.locate(one.declaration);
                if (&source.name, &range) == (&declared.0, &declared.1) {
                    let (source, range) = uses.sources.locate(one.span);
                    let known = places.entry(source.name.clone()).or_default();
                    known.insert((range.start, range.end, one.short));
                }
            }
            looked.push(file);
        }
        (places, looked)
    }

    /// The files of the project: those that are open, and those in its folder, which is that of the file `name` if the
    /// editor does not say.
    fn project(&self, name: &str) -> Vec<SourceFile> {
        let mut paths: BTreeSet<PathBuf> = self.open.keys().filter_map(|uri| place::path(uri)).collect();
        let root = self.root.as_deref().or_else(|| Path::new(name).parent());
        if let Some(root) = root {
            find(root, MAX_DEPTH, &mut paths);
        }
        let file = |path: PathBuf| {
            let name = path.to_string_lossy().into_owned();
            Some(SourceFile { text: self.text(&name)?, name })
        };
        paths.into_iter().filter_map(file).collect()
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.open.get(&place::uri(name)) {
            Some(text) => Some(text.clone()),
            None => fs::read_to_string(name).ok(),
        }
    }
}

/// Adds the source files in a folder and the folders in it.
fn find(folder: &Path, depth: usize, found: &mut BTreeSet<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if found.len() >= MAX_FILES || is_hidden {
            continue;
        }
        if path.extension().is_some_and(|ending| ending == "vit") {
            found.insert(path);
        } else if depth > 0 && path.is_dir() && !path.is_symlink() {
            find(&path, depth - 1, found);
        }
    }
}
