//! Secrets from where they are safe: systemd's credentials, a file, the environment, in this order.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub use secrecy::{ExposeSecret, SecretString};

use crate::settings::Environment;

/// The places in which the secrets of this process may lie.
#[derive(Debug, Clone)]
pub struct Places {
    credentials: Option<PathBuf>,
    environment: Environment,
}

/// Why a secret is not given. It never holds the secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read secret file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Somebody besides the owner may change the file.
    #[error("secret file {} can be written by its group or by others: chmod go-w", path.display())]
    Writable {
        /// The file.
        path: PathBuf,
    },
    /// The content is no secret.
    #[error("secret {} is {fault}", place)]
    Content {
        /// The file or variable.
        place: String,
        /// What is wrong with it.
        fault: &'static str,
    },
}

/// Longer than any key or password; a file that is larger was named by mistake.
const LONGEST_BYTES: u64 = 64 << 10;

impl Places {
    /// Returns the places that this environment names.
    pub fn new(environment: &Environment) -> Self {
        Self {
            credentials: environment.get("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            environment: environment.clone(),
        }
    }

    /// Returns the secret `name` (`api_key`, `password`): the credential of that name, else the file, else the
    /// variable `STOREWATCH_<NAME>`. `None` where no place has it; a place that has it and cannot be trusted is an
    /// error, since going on to the next one would hide a fault of the set-up.
    pub fn find(&self, name: &str, file: Option<&Path>) -> Result<Option<SecretString>, Error> {
        if let Some(folder) = &self.credentials
            && let Some(secret) = read_if_there(&folder.join(name))?
        {
            return Ok(Some(secret));
        }
        if let Some(file) = file {
            return read(file).map(Some);
        }
        let variable = format!("STOREWATCH_{}", name.to_uppercase());
        match self.environment.get(&variable) {
            Some(text) => checked(text, &format!("in variable {variable}")).map(Some),
            None => Ok(None),
        }
    }
}

/// Reads a secret from a file that only its owner may change; line breaks at its end are no part of it.
pub fn read(path: &Path) -> Result<SecretString, Error> {
    let fault = |source| Error::Read { path: path.to_owned(), source };
    let metadata = fs::metadata(path).map_err(fault)?;
    if crate::settings::is_writable_by_others(&metadata) {
        return Err(Error::Writable { path: path.to_owned() });
    }
    let place = format!("in file {}", path.display());
    if !metadata.is_file() {
        return Err(Error::Content { place, fault: "not in a regular file" });
    }
    if metadata.len() > LONGEST_BYTES {
        return Err(Error::Content { place, fault: "longer than 64 KiB" });
    }
    checked(&fs::read_to_string(path).map_err(fault)?, &place)
}

fn read_if_there(path: &Path) -> Result<Option<SecretString>, Error> {
    match read(path) {
        Ok(secret) => Ok(Some(secret)),
        Err(Error::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn checked(text: &str, place: &str) -> Result<SecretString, Error> {
    let text = text.trim_end_matches(['\r', '\n']);
    let fault = |fault| Err(Error::Content { place: place.to_owned(), fault });
    if text.trim().is_empty() {
        return fault("empty");
    }
    // It goes into a header: a control character would end it or start another one.
    if text.chars().any(char::is_control) {
        return fault("not a single line of text");
    }
    Ok(SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn file(folder: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = folder.join(name);
        crate::DurableFile::replace(&crate::RealDisk, &path, text.as_bytes()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn shown(secret: Option<SecretString>) -> Option<String> {
        secret.map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn a_credential_wins_over_a_file_and_a_file_over_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = tempfile::tempdir().unwrap();
        let named = file(folder.path(), "key", "from file\n", 0o600);
        let directory = credentials.path().to_str().unwrap();
        let variables =
            [("CREDENTIALS_DIRECTORY", directory), ("STOREWATCH_API_KEY", "from environment")];
        let places = Places::new(&Environment::from_iter(variables));
        let find = |file| shown(places.find("api_key", file).unwrap());
        assert_eq!(find(None).as_deref(), Some("from environment"));
        assert_eq!(find(Some(named.as_path())).as_deref(), Some("from file"));
        file(credentials.path(), "api_key", "from credentials", 0o400);
        assert_eq!(find(Some(named.as_path())).as_deref(), Some("from credentials"));
    }

    #[test]
    fn a_secret_that_nobody_gave_is_none_and_a_named_file_that_is_missing_is_an_error() {
        let places = Places::new(&Environment::default());
        assert!(places.find("api_key", None).unwrap().is_none());
        let error = places.find("api_key", Some(Path::new("/missing/key"))).unwrap_err();
        assert_eq!(error.to_string(), "cannot read secret file /missing/key");
    }

    #[test]
    fn a_file_that_others_may_change_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "key", "secret", 0o620);
        assert!(matches!(read(&path), Err(Error::Writable { .. })));
    }

    #[test]
    fn an_empty_secret_or_one_of_two_lines_is_refused_without_being_shown() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "\n", "hunter2\nX-Other: header"] {
            let path = file(folder.path(), "key", text, 0o600);
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains("key is ") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert!(!format!("{:?}", checked("hunter2", "here").unwrap()).contains("hunter2"));
    }
}
