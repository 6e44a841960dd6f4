//! API keys: one file of mode 0600 for each program, made once and left alone while its key is good.

use std::path::{Path, PathBuf};

use anyhow::Result;
use elastic::{Body, Cluster, Credentials, Method};
use jiff::SignedDuration;
use pipelines::install::{make_key, revoke_keys};
use pipelines::keys::{KEY_DAYS, KeyHolder};
use pipelines::plan::{Change, Step, Subject};
use pipelines::stand_in::Offer;
use runtime::{Clock as _, DurableFile, RealDisk, SystemClock};

use super::{Direction, Outcome, Setup};
use crate::connection::explain;

/// Returns the file that holds a program's key.
pub(crate) fn key_file(folder: &Path, holder: KeyHolder) -> PathBuf {
    folder.join(format!("{}.key", holder.as_str()))
}

/// Whether a key that lies in a file opens the cluster.
enum Found {
    Nothing,
    Good,
    Refused,
    /// It does, but it is another key than the one that is wanted.
    Other(String),
}

impl Setup<'_> {
    pub(super) async fn plan_keys(&self) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        for holder in KeyHolder::ALL {
            let path = key_file(&self.keys_dir, holder);
            let change = if self.survey.lacks.api_keys == Offer::Missing {
                Change::Leave(
                    "this cluster gives out no API keys; protect it by other means".into(),
                )
            } else if matches!(self.connection.credentials, Credentials::ApiKey(_)) {
                Change::Leave(
                    "a key made by a key carries no rights; run setup as a user to get keys".into(),
                )
            } else {
                self.key_change(&path, &holder.key_name(self.namespace)).await?
            };
            let mut step = Step::quiet(Subject::ApiKey, holder.key_name(self.namespace), change);
            if matches!(step.change, Change::Create | Change::Update) {
                step.remarks.push(format!("good for {KEY_DAYS} days, kept in {}", path.display()));
            }
            steps.push(step);
        }
        Ok(steps)
    }

    async fn key_change(&self, path: &Path, name: &str) -> Result<Change> {
        Ok(match self.direction {
            Direction::Remove => Change::Remove,
            Direction::InstallWithNewKeys => Change::Update,
            Direction::Install => match self.find(path, name).await? {
                Found::Nothing => Change::Create,
                Found::Good => Change::Same,
                // It opens another namespace, and somebody may use it there.
                Found::Other(other) => Change::Refuse(format!(
                    "{} holds the key {other}; give this namespace a folder of its own by --keys-dir",
                    path.display()
                )),
                Found::Refused => Change::Update,
            },
        })
    }

    /// Asks the cluster whether it knows the key in a file.
    async fn find(&self, path: &Path, name: &str) -> Result<Found> {
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Ok(Found::Nothing),
            Err(error) => {
                return Err(
                    anyhow::Error::new(error).context(format!("cannot look at {}", path.display()))
                );
            }
        }
        let credentials = Credentials::ApiKey(runtime::secret::read(path)?);
        let cluster = Cluster::try_new(vec![self.connection.address.clone()], credentials)?
            .trusting(self.connection.trust.clone());
        let client = elastic::Client::new(&cluster, std::sync::Arc::new(SystemClock::new()))?;
        let reply = client
            .send(Method::Get, "/_security/_authenticate", &[], Body::Empty)
            .await
            .map_err(explain)?;
        if reply.status != 200 {
            return Ok(Found::Refused);
        }
        let who: serde_json::Value = reply.json()?;
        let found = who["api_key"]["name"].as_str().unwrap_or(name);
        Ok(if found == name { Found::Good } else { Found::Other(found.to_owned()) })
    }

    pub(super) async fn apply_key(&self, step: &Step) -> Outcome {
        let holder =
            KeyHolder::ALL.into_iter().find(|holder| holder.key_name(self.namespace) == step.name);
        let Some(holder) = holder else {
            return Outcome::Failed("no program has a key of this name".into());
        };
        let done = match step.change {
            Change::Create | Change::Update => self.write_key(holder).await,
            Change::Remove => {
                let revoked = revoke_keys(&self.connection.client, holder, self.namespace).await;
                revoked.map(|_| ()).map_err(anyhow::Error::from)
            }
            Change::Same | Change::Leave(_) | Change::Refuse(_) => Ok(()),
        };
        match done {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Failed(format!("{error:#}")),
        }
    }

    async fn write_key(&self, holder: KeyHolder) -> Result<()> {
        let key = make_key(&self.connection.client, holder, self.namespace, &self.survey).await?;
        std::fs::create_dir_all(&self.keys_dir)?;
        let path = key_file(&self.keys_dir, holder);
        DurableFile::replace(&RealDisk, &path, format!("{key}\n").as_bytes())?;
        // Nobody without more rights can ask the cluster for it, and a program should say in time that its key ends.
        let days = SignedDuration::from_hours(24 * i64::from(KEY_DAYS));
        let expires = SystemClock::new().now().saturating_add(days)?;
        let beside = path.with_extension("key.expires");
        DurableFile::replace(&RealDisk, &beside, format!("{expires:.0}\n").as_bytes())?;
        Ok(())
    }
}
