//! Globs of one input: which paths they match, and below which folders to look.

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::Deserialize;

/// Deepest that `**` goes: a loop of mounts must not keep a scan for ever.
const DEEPEST: usize = 32;

/// The paths that an input reads.
#[derive(Debug, Clone)]
pub struct Globs {
    wanted: GlobSet,
    excluded: GlobSet,
    roots: Vec<Root>,
    links: Links,
}

/// What an input does with symbolic links whose name it matches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Links {
    /// It passes them over: a link may lead anywhere.
    #[default]
    Ignore,
    /// It reads the file that a link leads to. Links to folders are not entered, because they may lead in circles.
    Follow,
}

/// A folder to look in, and how deep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The folder.
    pub folder: PathBuf,
    /// 1 = its files, 2 = the files of its folders too.
    pub depth: usize,
}

impl Globs {
    /// Builds the globs; relative ones start at `base`. The error names the glob.
    pub fn try_new(
        wanted: &[String],
        excluded: &[String],
        base: &Path,
    ) -> Result<Self, globset::Error> {
        let mut roots: Vec<Root> = Vec::new();
        for glob in wanted {
            let root = root_of(&base.join(glob));
            match roots.iter_mut().find(|known| known.folder == root.folder) {
                Some(known) => known.depth = known.depth.max(root.depth),
                None => roots.push(root),
            }
        }
        let links = Links::Ignore;
        Ok(Self { wanted: set(wanted, base)?, excluded: set(excluded, base)?, roots, links })
    }

    /// Returns globs that match nothing, for what is no input of files.
    pub fn none() -> Self {
        let (wanted, excluded) = (GlobSet::empty(), GlobSet::empty());
        Self { wanted, excluded, roots: Vec::new(), links: Links::Ignore }
    }

    /// Says what is done with links.
    #[must_use]
    pub fn with_links(mut self, links: Links) -> Self {
        self.links = links;
        self
    }

    /// Returns what is done with links.
    pub fn links(&self) -> Links {
        self.links
    }

    /// Tells whether a path is read. Excludes win.
    pub fn matches(&self, path: &Path) -> Matched {
        if self.wanted.is_match(path) && !self.excluded.is_match(path) {
            Matched::Yes
        } else {
            Matched::No
        }
    }

    /// Returns where to look.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }
}

/// Whether a path is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matched {
    /// It is.
    Yes,
    /// It is not.
    No,
}

fn set(globs: &[String], base: &Path) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let text = base.join(glob).to_string_lossy().into_owned();
        // `*` stays within one folder, as in a shell; `**` crosses them.
        set.add(GlobBuilder::new(&text).literal_separator(true).build()?);
    }
    set.build()
}

fn root_of(glob: &Path) -> Root {
    let is_pattern = |part: &Component<'_>| {
        part.as_os_str().as_encoded_bytes().iter().any(|byte| b"*?[{\\".contains(byte))
    };
    let parts: Vec<Component<'_>> = glob.components().collect();
    let last = parts.len().saturating_sub(1);
    let fixed = parts.iter().position(is_pattern).unwrap_or(last).min(last);
    let depth = if parts.iter().any(|part| part.as_os_str() == "**") {
        DEEPEST
    } else {
        parts.len() - fixed
    };
    Root { folder: parts.iter().take(fixed).collect(), depth }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(wanted: &[&str], excluded: &[&str]) -> Globs {
        let own = |globs: &[&str]| globs.iter().map(|&glob| glob.to_owned()).collect::<Vec<_>>();
        Globs::try_new(&own(wanted), &own(excluded), Path::new("/base")).unwrap()
    }

    fn check(globs: &Globs, path: &str, want: Matched) {
        assert_eq!(globs.matches(Path::new(path)), want, "{path}");
    }

    #[test]
    fn a_star_stays_in_its_folder_and_two_cross_folders() {
        let one = globs(&["/var/log/nginx/*.log*"], &[]);
        check(&one, "/var/log/nginx/access.log", Matched::Yes);
        check(&one, "/var/log/nginx/access.log.1", Matched::Yes);
        check(&one, "/var/log/nginx/old/access.log", Matched::No);
        let deep = globs(&["/var/log/**/*.log"], &[]);
        check(&deep, "/var/log/a.log", Matched::Yes);
        check(&deep, "/var/log/a/b/c.log", Matched::Yes);
        check(&deep, "/var/a.log", Matched::No);
    }

    #[test]
    fn excludes_win_and_relative_globs_start_at_the_base() {
        let globs = globs(&["logs/*"], &["logs/*.gz"]);
        check(&globs, "/base/logs/a", Matched::Yes);
        check(&globs, "/base/logs/a.gz", Matched::No);
        check(&globs, "/logs/a", Matched::No);
    }

    #[test]
    fn roots_are_the_folders_before_the_first_pattern() {
        let root = |glob: &str| root_of(Path::new(glob));
        let want = |folder: &str, depth| Root { folder: folder.into(), depth };
        assert_eq!(root("/var/log/nginx/access.log*"), want("/var/log/nginx", 1));
        assert_eq!(root("/var/log/app.log"), want("/var/log", 1));
        assert_eq!(root("/srv/*/log/*.log"), want("/srv", 3));
        assert_eq!(root("/var/log/**/*.log"), want("/var/log", DEEPEST));
    }

    #[test]
    fn a_bad_glob_is_an_error() {
        assert!(Globs::try_new(&["/a/[".to_owned()], &[], Path::new("/")).is_err());
    }
}
