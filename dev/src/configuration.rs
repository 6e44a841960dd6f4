//! The folders and settings of one server.

use std::fs;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::distribution::Distribution;
use crate::engine::{Options, Storage, Transport};
use crate::tools::run_quietly;
use crate::watch::Launch;
use crate::{Error, Flavour, tls};

/// The user that Elasticsearch is born with.
pub(crate) const USER: &str = "elastic";

/// Where one server has its things.
#[derive(Debug)]
pub(crate) struct Layout {
    flavour: Flavour,
    transport: Transport,
    heap_mib: u32,
    account: Option<Account>,
    home: PathBuf,
    folder: PathBuf,
    data_folder: PathBuf,
}

impl Layout {
    /// Makes the folders and settings of a server below the given folder.
    pub(crate) fn make(
        flavour: Flavour,
        distribution: &Distribution,
        folder: &Path,
        options: &Options,
    ) -> Result<Self, Error> {
        let account = Account::needed();
        let data_folder = match &options.storage {
            Storage::ThrowAway => folder.join("data"),
            Storage::Keep(kept) => kept.clone(),
        };
        for made in
            [&folder.join("config"), &folder.join("logs"), &folder.join("tmp"), &data_folder]
        {
            fs::create_dir_all(made).map_err(Error::io("make", made))?;
        }
        let home = distribution.within_reach(account, &folder.join("server"))?;
        let layout = Self {
            flavour,
            transport: options.transport,
            heap_mib: options.heap_mib,
            account,
            home,
            folder: folder.to_owned(),
            data_folder: fs::canonicalize(&data_folder).map_err(Error::io("find", &data_folder))?,
        };
        match flavour {
            Flavour::Elasticsearch => layout.copy_elasticsearch_settings()?,
            Flavour::OpenSearch => {}
        }
        if options.transport == Transport::Tls {
            tls::make(&layout, distribution)?;
        }
        layout.write_settings(0)?;
        layout.give_away()?;
        Ok(layout)
    }

    pub(crate) fn flavour(&self) -> Flavour {
        self.flavour
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.join("config")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// Returns the file in which the server tells the addresses that it listens on.
    pub(crate) fn ports(&self) -> PathBuf {
        self.folder.join("logs/http.ports")
    }

    pub(crate) fn transport(&self) -> Transport {
        self.transport
    }

    /// Returns a program of Elasticsearch's, to be run as the server will be.
    pub(crate) fn tool(&self, name: &str, distribution: &Distribution) -> std::process::Command {
        let mut command = std::process::Command::new(self.home.join("bin").join(name));
        command.envs(self.environment(distribution)).current_dir(&self.folder);
        if let Some(account) = self.account {
            account.apply(&mut command);
        }
        command
    }

    /// Gives the folders to the user that the server runs as.
    pub(crate) fn give_away(&self) -> Result<(), Error> {
        let Some(account) = self.account else { return Ok(()) };
        for name in ["config", "logs", "tmp"] {
            account.own(&self.folder.join(name))?;
        }
        account.own(&self.data_folder)?;
        account.own_alone(&self.folder)
    }

    /// Writes the server's settings; port 0 lets the system choose a free one.
    pub(crate) fn write_settings(&self, port: u16) -> Result<(), Error> {
        let path = self.config().join(self.flavour.settings_file());
        fs::write(&path, self.settings(port)).map_err(Error::io("write", &path))
    }

    fn settings(&self, port: u16) -> String {
        // A path in double quotes is the same in YAML and JSON.
        let quoted = |path: &Path| format!("{:?}", path.display().to_string());
        let mut lines = vec![
            "cluster.name: storewatch".to_owned(),
            "node.name: storewatch".to_owned(),
            "discovery.type: single-node".to_owned(),
            "network.host: 127.0.0.1".to_owned(),
            format!("http.port: {port}"),
            "transport.port: 0".to_owned(),
            "node.portsfile: true".to_owned(),
            // A developer's disk is often fuller than a server's may be.
            "cluster.routing.allocation.disk.threshold_enabled: false".to_owned(),
            format!("path.data: {}", quoted(&self.data_folder)),
            format!("path.logs: {}", quoted(&self.folder.join("logs"))),
        ];
        if self.flavour == Flavour::Elasticsearch {
            lines.push("xpack.security.enabled: true".to_owned());
        }
        if self.transport == Transport::Tls {
            lines.extend(tls::settings().map(str::to_owned));
        }
        lines.push(String::new());
        lines.join("\n")
    }

    /// Takes over what the server brings, without its log of every garbage collection and its dumps of the heap.
    fn copy_elasticsearch_settings(&self) -> Result<(), Error> {
        for name in ["log4j2.properties", "roles.yml", "role_mapping.yml", "users", "users_roles"] {
            let original = self.home.join("config").join(name);
            fs::copy(&original, self.config().join(name)).map_err(Error::io("copy", &original))?;
        }
        let original = self.home.join("config/jvm.options");
        let options = fs::read_to_string(&original).map_err(Error::io("read", &original))?;
        let kept: Vec<_> = options
            .lines()
            .filter(|line| !line.contains("-Xlog:gc") && !line.contains("HeapDump"))
            .collect();
        let path = self.config().join("jvm.options");
        fs::write(&path, kept.join("\n") + "\n").map_err(Error::io("write", &path))
    }

    /// Sets the password of the first user.
    pub(crate) fn set_password(
        &self,
        password: &str,
        distribution: &Distribution,
    ) -> Result<(), Error> {
        let given = self.folder.join("tmp/password");
        fs::write(&given, password).map_err(Error::io("write", &given))?;
        let input = fs::File::open(&given).map_err(Error::io("open", &given))?;
        let mut tool = self.tool("elasticsearch-keystore", distribution);
        tool.args(["add", "--stdin", "--force", "bootstrap.password"]).stdin(input);
        run_quietly("setting the first password", &mut tool)?;
        fs::remove_file(&given).map_err(Error::io("remove", &given))
    }

    fn environment(&self, distribution: &Distribution) -> Vec<(String, String)> {
        let text = |path: &Path| path.display().to_string();
        let mut environment = vec![
            ("ES_JAVA_HOME".to_owned(), text(&distribution.java.home)),
            ("ES_PATH_CONF".to_owned(), text(&self.config())),
            ("ES_TMPDIR".to_owned(), text(&self.folder.join("tmp"))),
            ("ES_JAVA_OPTS".to_owned(), self.heap().join(" ")),
        ];
        // The launcher is a Java program of its own, and would leave a folder `final-flags..` where everybody's are. Its
        // script splits the options at spaces.
        let temporary = text(&self.folder.join("tmp"));
        if !temporary.contains(char::is_whitespace) {
            environment.push(("CLI_JAVA_OPTS".to_owned(), format!("-Djava.io.tmpdir={temporary}")));
        }
        environment
    }

    fn heap(&self) -> [String; 2] {
        [format!("-Xms{}m", self.heap_mib), format!("-Xmx{}m", self.heap_mib)]
    }

    /// Returns how to start the server.
    pub(crate) fn launch(&self, distribution: &Distribution) -> Launch {
        let (program, arguments, environment) = match self.flavour {
            Flavour::Elasticsearch => {
                (self.home.join("bin/elasticsearch"), Vec::new(), self.environment(distribution))
            }
            Flavour::OpenSearch => {
                (distribution.java.home.join("bin/java"), self.opensearch_arguments(), Vec::new())
            }
        };
        Launch {
            program,
            arguments,
            environment,
            account: self.account,
            folder: self.folder.clone(),
            log: self.log(),
        }
    }

    fn opensearch_arguments(&self) -> Vec<String> {
        let home = self.home.display();
        let mut arguments = Vec::from(self.heap());
        arguments.extend([
            format!("-Djava.io.tmpdir={}", self.folder.join("tmp").display()),
            "-cp".to_owned(),
            format!("{home}/classes:{home}/lib/*"),
            "OpenSearchNode".to_owned(),
            self.folder.display().to_string(),
        ]);
        arguments
    }
}
