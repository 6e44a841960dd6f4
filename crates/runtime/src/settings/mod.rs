//! Settings in two steps: layers of files, environment and flags become one tree whose values know their origin; the
//! tree is read into `Raw*` types that refuse unknown keys; a [`Check`] then collects what is out of range.
//!
//! Later layers win, key by key: the main file, `conf.d/*.yml` in name order, `STOREWATCH_<PROGRAM>__KEY__KEY` from the
//! environment, flags. A list is replaced as a whole, unless the program says that files append to it
//! ([`Sources::append`]). `${NAME}` in a file stands for a variable of the environment, inside a value only: it can
//! never become a key, a list or a second value. `$${` is a literal `${`.
//!
//! Prefer externally tagged enums in `Raw*` types: `untagged`, `flatten` and inner tags make serde buffer the value, and
//! a finding then names the block instead of the key.

mod check;
mod environment;
mod expand;
mod fault;
mod file;
mod finding;
mod layer;
mod node;
mod parse;
mod read;
mod reader;
mod secrets;
mod similar;
#[cfg(test)]
mod tests;
mod value;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

pub use check::Check;
pub use environment::Environment;
pub(crate) use file::is_writable_by_others;
pub use finding::{Finding, Findings, Origin, Severity, Style};
use node::Node;

use crate::secret;

/// Where the settings of a program come from, in the order of precedence, weakest first.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Short name of the program, such as `shipper`; it is part of the names in the environment.
    pub program: String,
    /// Files that must be there.
    pub files: Vec<PathBuf>,
    /// Folder whose `*.yml` are read in name order, if it is there.
    pub conf_dir: Option<PathBuf>,
    /// The environment, as it was when the program started.
    pub environment: Environment,
    /// Flags of the command line that stand for a key.
    pub flags: Vec<Flag>,
    /// Keys that have another name now.
    pub renamed: &'static [Renamed],
    /// Lists to which each file appends, by their key: a drop-in then adds an input and does not hide the others.
    pub append: &'static [&'static str],
}

/// A flag of the command line that stands for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// As the person typed it: `--admin-address`.
    pub name: &'static str,
    /// The key it stands for: `admin.address`.
    pub key: &'static str,
    /// Its value.
    pub value: String,
}

/// A key that has another name now; `[]` stands for every place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renamed {
    /// What it was called: `inputs[].path`.
    pub old: &'static str,
    /// What it is called now: `inputs[].paths`.
    pub new: &'static str,
}

impl Sources {
    /// Returns sources without any layer.
    pub fn new(program: impl Into<String>) -> Self {
        Self { program: program.into(), ..Self::default() }
    }

    /// Adds a file that must be there.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.files.push(path.into());
        self
    }

    /// Names the folder of drop-ins.
    #[must_use]
    pub fn conf_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.conf_dir = Some(path.into());
        self
    }

    /// Gives the environment; without it no variable is seen.
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Adds a flag, if the person gave it.
    #[must_use]
    pub fn flag(mut self, name: &'static str, key: &'static str, value: Option<String>) -> Self {
        self.flags.extend(value.map(|value| Flag { name, key, value }));
        self
    }

    /// Gives the table of renamed keys.
    #[must_use]
    pub fn renamed(mut self, renamed: &'static [Renamed]) -> Self {
        self.renamed = renamed;
        self
    }

    /// Names the lists to which each file appends.
    #[must_use]
    pub fn append(mut self, keys: &'static [&'static str]) -> Self {
        self.append = keys;
        self
    }
}

/// The merged settings of a program, not yet checked.
#[derive(Clone)]
pub struct Settings {
    root: Node,
    environment: Environment,
    renamed: &'static [Renamed],
}

/// One value as it holds, and where it comes from: a line of `export-config`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effective {
    /// The key, such as `inputs[0].paths[0]`.
    pub key: String,
    /// The value as text; secrets are hidden.
    pub value: String,
    /// Where it was written.
    pub origin: Origin,
}

impl Settings {
    /// Reads and merges all layers.
    pub fn load(sources: Sources) -> Result<Self, Findings> {
        let mut findings = Findings::default();
        let files = file::all(&sources, &mut findings);
        let mut root = Node::empty(sources.files.first().map(PathBuf::as_path));
        for file in files {
            match parse::parse(&file.path, &file.text) {
                Ok(mut node) => {
                    expand::expand(&mut node, &sources.environment, &mut findings);
                    layer::merge(&mut root, node, sources.append);
                }
                Err(finding) => findings.push(*finding),
            }
        }
        layer::environment(&mut root, &sources, &mut findings);
        layer::flags(&mut root, &sources.flags, &mut findings);
        secrets::refuse_inline(&mut root, &mut findings);
        findings.refuse()?;
        Ok(Self { root, environment: sources.environment, renamed: sources.renamed })
    }

    /// Reads settings from a text, as if it were the only file. For tests and for rule files that stand alone.
    pub fn of_text(name: impl AsRef<Path>, text: &str) -> Result<Self, Findings> {
        Self::of_text_with(name, text, Environment::default())
    }

    /// Reads settings from a text in which `${NAME}` stands for variables of the environment.
    pub fn of_text_with(
        name: impl AsRef<Path>,
        text: &str,
        environment: Environment,
    ) -> Result<Self, Findings> {
        let mut findings = Findings::default();
        let mut root =
            parse::parse(name.as_ref(), text).map_err(|finding| Findings::one(*finding))?;
        expand::expand(&mut root, &environment, &mut findings);
        secrets::refuse_inline(&mut root, &mut findings);
        findings.refuse()?;
        Ok(Self { root, environment, renamed: &[] })
    }

    /// Reads one file that stands alone, such as a rule, under the same rules as the main file.
    pub fn of_file(path: &Path, environment: Environment) -> Result<Self, Findings> {
        let file = file::read(path).map_err(|finding| Findings::one(*finding))?;
        Self::of_text_with(&file.path, &file.text, environment)
    }

    /// Reads the tree into a `Raw*` type; all unknown keys and wrong values are found at once.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Findings> {
        read::read(&self.root, self.renamed)
    }

    /// Returns where the value of a key was written. A key that was not written has the origin of the block around it,
    /// and [`Origin::Default`] where that was not written either.
    pub fn origin(&self, key: &str) -> Origin {
        self.root.origin_of(key)
    }

    /// Returns whether a key was written in any layer.
    pub fn has(&self, key: &str) -> bool {
        self.root.find(key).is_some()
    }

    /// Returns every written value with its key and origin, secrets hidden.
    pub fn effective(&self) -> Vec<Effective> {
        self.root.effective()
    }

    /// Returns the places in which secrets of this process may lie.
    pub fn secrets(&self) -> secret::Places {
        secret::Places::new(&self.environment)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Through `effective`, which hides secrets.
        out.debug_list().entries(self.effective()).finish()
    }
}
