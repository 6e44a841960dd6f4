//! The server's files: resolved by Maven, completed by our Java sources, kept in the cache.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::tools::{self, Java};
use crate::{Error, Flavour};

// Pinned, because the one that an old Maven brings cannot unpack by coordinates.
const MAVEN_PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1";
const ELASTICSEARCH: &str =
    "org.elasticsearch.distribution.integ-test-zip:elasticsearch:8.19.9:zip";
const ANALYSIS_PLUGIN: &str = include_str!("../plugin/StorewatchAnalysisPlugin.java");
const ANALYSIS_DESCRIPTOR: &str = include_str!("../plugin/plugin-descriptor.properties");
const OPENSEARCH_PROJECT: &str = include_str!("../plugin/opensearch.xml");
const OPENSEARCH_NODE: &str = include_str!("../plugin/OpenSearchNode.java");

/// Lies in a folder that is complete, and holds the sources of ours that went into it.
const MARK: &str = "storewatch.prepared";

/// A server that can be started.
#[derive(Debug, Clone)]
pub(crate) struct Distribution {
    pub(crate) java: Java,
    pub(crate) folder: PathBuf,
}

impl Distribution {
    /// Returns the server in the cache, which is filled first if need be.
    pub(crate) fn prepare(flavour: Flavour, cache: &Path) -> Result<Self, Error> {
        let java = Java::find(flavour)?;
        fs::create_dir_all(cache).map_err(Error::io("make", cache))?;
        let name = format!("{flavour}-{}", flavour.version());
        let lock_path = cache.join(format!("{name}.lock"));
        // Two processes that start together must not both download; the lock goes with the process that holds it.
        let lock = File::create(&lock_path).map_err(Error::io("make", &lock_path))?;
        lock.lock().map_err(Error::io("lock", &lock_path))?;
        let folder = cache.join(&name);
        let sources = sources(flavour);
        if fs::read_to_string(folder.join(MARK)).is_ok_and(|found| found == sources) {
            return Ok(Self { java, folder });
        }
        let unfinished = tempfile::Builder::new()
            .prefix(".unfinished-")
            .tempdir_in(cache)
            .map_err(Error::io("make a folder in", cache))?;
        let made = match flavour {
            Flavour::Elasticsearch => elasticsearch(&java, unfinished.path(), &name)?,
            Flavour::OpenSearch => opensearch(&java, unfinished.path())?,
        };
        write(&made.join(MARK), &sources)?;
        open_to_everyone(&made)?;
        if folder.is_dir() {
            fs::remove_dir_all(&folder).map_err(Error::io("remove", &folder))?;
        }
        fs::rename(&made, &folder).map_err(Error::io("move into place", &folder))?;
        Ok(Self { java, folder })
    }

    /// Returns the server's folder, or a copy of it where the user that will run it cannot enter the cache.
    pub(crate) fn within_reach(
        &self,
        account: Option<Account>,
        copy: &Path,
    ) -> Result<PathBuf, Error> {
        match account {
            Some(account) if !account.reads(&self.folder.join(MARK)) => {
                copy_tree(&self.folder, copy)?;
                Ok(copy.to_owned())
            }
            Some(_) | None => Ok(self.folder.clone()),
        }
    }
}

fn sources(flavour: Flavour) -> String {
    match flavour {
        Flavour::Elasticsearch => [ANALYSIS_PLUGIN, ANALYSIS_DESCRIPTOR].concat(),
        Flavour::OpenSearch => [OPENSEARCH_PROJECT, OPENSEARCH_NODE].concat(),
    }
}

/// Unpacks Elasticsearch and adds the plug-in that its API keys need.
fn elasticsearch(java: &Java, unfinished: &Path, name: &str) -> Result<PathBuf, Error> {
    let mut maven = tools::maven(Flavour::Elasticsearch)?;
    maven
        .current_dir(unfinished)
        .arg(format!("{MAVEN_PLUGIN}:unpack"))
        .arg(format!("-Dartifact={ELASTICSEARCH}"))
        .arg(format!("-DoutputDirectory={}", unfinished.display()));
    tools::run("getting Elasticsearch with Maven", "about 100 MB", &mut maven)?;
    let made = unfinished.join(name);
    let classes = unfinished.join("classes");
    compile(java, "StorewatchAnalysisPlugin.java", ANALYSIS_PLUGIN, &made.join("lib/*"), &classes)?;
    let plugin = made.join("plugins/storewatch-analysis");
    fs::create_dir_all(&plugin).map_err(Error::io("make", &plugin))?;
    write(&plugin.join("plugin-descriptor.properties"), ANALYSIS_DESCRIPTOR)?;
    let mut archive = java.command("jar");
    archive.arg("cf").arg(plugin.join("storewatch-analysis.jar")).arg("-C").arg(&classes).arg(".");
    tools::run_quietly("packing the analysis plug-in", &mut archive)?;
    Ok(made)
}

/// Collects the jars of OpenSearch and compiles the class that starts a node from them.
fn opensearch(java: &Java, unfinished: &Path) -> Result<PathBuf, Error> {
    let made = unfinished.join("opensearch");
    let project = unfinished.join("pom.xml");
    write(&project, OPENSEARCH_PROJECT)?;
    let mut maven = tools::maven(Flavour::OpenSearch)?;
    maven
        .current_dir(unfinished)
        .arg(format!("{MAVEN_PLUGIN}:copy-dependencies"))
        .arg("-DincludeScope=runtime")
        .arg(format!("-DoutputDirectory={}", made.join("lib").display()));
    tools::run("getting OpenSearch with Maven", "about 100 MB", &mut maven)?;
    compile(
        java,
        "OpenSearchNode.java",
        OPENSEARCH_NODE,
        &made.join("lib/*"),
        &made.join("classes"),
    )?;
    Ok(made)
}

fn compile(
    java: &Java,
    name: &str,
    source: &str,
    class_path: &Path,
    classes: &Path,
) -> Result<(), Error> {
    fs::create_dir_all(classes).map_err(Error::io("make", classes))?;
    let folder = tempfile::tempdir().map_err(Error::io("make", "a temporary folder"))?;
    let file = folder.path().join(name);
    write(&file, source)?;
    let mut compiler = java.command("javac");
    compiler.arg("-nowarn").arg("-cp").arg(class_path).arg("-d").arg(classes).arg(&file);
    tools::run_quietly("compiling our Java sources", &mut compiler)
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::io("write", path))
}

/// Lets every user read a folder: a strict mask of root's would hide the server from the user that runs it.
fn open_to_everyone(path: &Path) -> Result<(), Error> {
    let metadata = fs::symlink_metadata(path).map_err(Error::io("read", path))?;
    let mode = metadata.permissions().mode();
    let execute = if metadata.is_dir() || mode & 0o100 != 0 { 0o111 } else { 0 };
    if !metadata.is_symlink() {
        let permissions = Permissions::from_mode(mode | 0o444 | execute);
        fs::set_permissions(path, permissions).map_err(Error::io("open", path))?;
    }
    if metadata.is_dir() {
        for entry in fs::read_dir(path).map_err(Error::io("read", path))? {
            open_to_everyone(&entry.map_err(Error::io("read", path))?.path())?;
        }
    }
    Ok(())
}

/// Copies a folder, by hard links where the file system allows: a hundred megabytes for each start would be felt.
fn copy_tree(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(Error::io("make", to))?;
    for entry in fs::read_dir(from).map_err(Error::io("read", from))? {
        let entry = entry.map_err(Error::io("read", from))?;
        let (source, copy) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(Error::io("read", &source))?.is_dir() {
            copy_tree(&source, &copy)?;
        } else {
            link_or_copy(&source, &copy).map_err(Error::io("copy", &source))?;
        }
    }
    Ok(())
}

fn link_or_copy(source: &Path, copy: &Path) -> io::Result<()> {
    fs::hard_link(source, copy).or_else(|_| fs::copy(source, copy).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_holds_what_the_folder_holds() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("bin")).unwrap();
        fs::write(from.join("bin/server"), "text").unwrap();
        copy_tree(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("bin/server")).unwrap(), "text");
    }

    #[test]
    fn a_closed_file_is_opened_and_stays_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("program");
        fs::write(&file, "").unwrap();
        for (closed, opened) in [(0o600, 0o644), (0o700, 0o755)] {
            fs::set_permissions(&file, Permissions::from_mode(closed)).unwrap();
            open_to_everyone(folder.path()).unwrap();
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, opened);
        }
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o555, 0o555);
    }
}
