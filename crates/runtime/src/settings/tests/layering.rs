use super::*;

#[test]
fn later_layers_win_key_by_key_and_each_value_knows_its_origin() {
    let folder = files(&[
        ("shipper.yml", "bulk:\n  level: 1\n  gzip: false\n  max_age: 1s\n"),
        ("conf.d/20-b.yml", "bulk:\n  level: 3\n"),
        ("conf.d/10-a.yml", "bulk:\n  level: 2\n  share: 0.5\n"),
        ("conf.d/.hidden.yml", "bulk:\n  level: 9\n"),
        ("conf.d/30-c.yml.dpkg-new", "bulk:\n  level: 9\n"),
    ]);
    let environment = Environment::from_iter([
        ("STOREWATCH_SHIPPER__BULK__SHARE", "0.75"),
        ("STOREWATCH_SHIPPER__BULK__ADDRESSES", "http://a, http://b"),
        ("STOREWATCH_DETECTOR__BULK__SHARE", "nonsense"),
        ("STOREWATCH_HOME", "/x"),
    ]);
    let sources = sources(&folder)
        .environment(environment)
        .flag("--gzip", "bulk.gzip", Some("true".into()))
        .flag("--level", "bulk.level", None);
    let settings = Settings::load(sources).unwrap();
    let shown: Vec<String> = settings
        .effective()
        .iter()
        .map(|line| format!("{} = {} from {}", line.key, line.value, line.origin))
        .collect();
    let text = shown.join("\n").replace(folder.path().to_str().unwrap(), "/etc/storewatch");
    expect![[r"
        bulk.level = 3 from /etc/storewatch/conf.d/20-b.yml:2
        bulk.gzip = true from flag --gzip
        bulk.max_age = 1s from /etc/storewatch/shipper.yml:4
        bulk.share = 0.75 from environment STOREWATCH_SHIPPER__BULK__SHARE
        bulk.addresses = http://a, http://b from environment STOREWATCH_SHIPPER__BULK__ADDRESSES"]]
    .assert_eq(&text);
    let bulk = settings.read::<Raw>().unwrap().bulk;
    assert_eq!((bulk.level, bulk.gzip, bulk.share), (Some(3), Some(true), Some(0.75)));
    assert_eq!(bulk.addresses, ["http://a", "http://b"]);
}

#[test]
fn a_list_is_replaced_unless_files_append_to_it() {
    let folder = files(&[
        ("shipper.yml", "inputs:\n- {id: a, paths: [/a, /b]}\n"),
        ("conf.d/shop.yml", "\ninputs:\n- {id: b, paths: []}\n"),
    ]);
    let ids = |settings: &Settings| -> Vec<String> {
        settings.read::<Raw>().unwrap().inputs.into_iter().map(|input| input.id).collect()
    };
    assert_eq!(ids(&Settings::load(sources(&folder)).unwrap()), ["b"]);
    let both = Settings::load(sources(&folder).append(&["inputs"])).unwrap();
    assert_eq!(ids(&both), ["a", "b"]);
    let origin = both.origin("inputs[1].id").to_string();
    assert!(origin.ends_with("conf.d/shop.yml:3"), "{origin}");
    let origin = both.origin("inputs[0].paths[1]").to_string();
    assert!(origin.ends_with("shipper.yml:2"), "{origin}");
}

#[test]
fn a_variable_can_reach_into_a_list() {
    let folder = files(&[("shipper.yml", "inputs:\n- {id: a, paths: []}\n")]);
    let environment = Environment::from_iter([("STOREWATCH_SHIPPER__INPUTS__0__ID", "b")]);
    let settings = Settings::load(sources(&folder).environment(environment)).unwrap();
    assert_eq!(settings.read::<Raw>().unwrap().inputs[0].id, "b");
    let origin = settings.origin("inputs[0].id").to_string();
    assert_eq!(origin, "environment STOREWATCH_SHIPPER__INPUTS__0__ID");
}

#[test]
fn a_wrong_value_from_the_environment_or_a_flag_names_it() {
    let folder = files(&[("shipper.yml", "")]);
    let environment = Environment::from_iter([
        ("STOREWATCH_SHIPPER__BULK__LEVEL", "x"),
        ("STOREWATCH_SHIPPER__BULK____GZIP", "x"),
    ]);
    load_refused(
        &folder,
        sources(&folder).environment(environment),
        &expect![
            "environment STOREWATCH_SHIPPER__BULK____GZIP: does not name a key: it has an empty part between two __"
        ],
    );
    let flagged = sources(&folder).flag("--level", "bulk.level", Some("-1".into()));
    load_refused(
        &folder,
        flagged,
        &expect!["flag --level: bulk.level is -1, which is not between 0 and 255"],
    );
}

#[test]
fn files_that_are_missing_or_not_to_be_trusted_are_named() {
    let folder = files(&[("shipper.yml", ""), ("conf.d/a.yml", ""), ("conf.d/b.yml", "")]);
    let path = |name: &str| folder.path().join(name);
    fs::set_permissions(path("conf.d/a.yml"), fs::Permissions::from_mode(0o664)).unwrap();
    DurableFile::replace(&RealDisk, &path("conf.d/b.yml"), b"a: 1\nb: \xff\n").unwrap();
    fs::create_dir(path("conf.d/c.yml")).unwrap();
    let sources = sources(&folder).file(path("missing.yml"));
    load_refused(
        &folder,
        sources,
        &expect![[r"
            /etc/storewatch/missing.yml: is missing; name the file with --config
            /etc/storewatch/conf.d/a.yml: can be written by its group or by others; chmod go-w /etc/storewatch/conf.d/a.yml
            /etc/storewatch/conf.d/b.yml:2: is not UTF-8 text
            /etc/storewatch/conf.d/c.yml: is not a regular file"]],
    );
}

#[test]
fn a_variable_stands_for_a_value_and_never_for_structure() {
    let environment = Environment::from_iter([
        ("HOST", "web-1"),
        ("LEVEL", "3"),
        ("EVIL", "x\ninputs: []\n# ${HOST}"),
        ("LIST", "[a, b]"),
    ]);
    let text = "bulk: {level: \"${LEVEL}\"}\nlabels:\n  host: ${HOST}.example\n  evil: ${EVIL}\n  \
                list: ${LIST}\n  literal: $${HOST}\n  price: $5 {}\n";
    let settings = Settings::of_text_with("s.yml", text, environment).unwrap();
    let raw: Raw = settings.read().unwrap();
    assert_eq!(raw.bulk.level, Some(3));
    let expected = [
        ("evil", "x\ninputs: []\n# ${HOST}"),
        ("host", "web-1.example"),
        ("list", "[a, b]"),
        ("literal", "${HOST}"),
        ("price", "$5 {}"),
    ];
    assert_eq!(raw.labels, expected.map(|(key, value)| (key.into(), value.into())).into());
}

#[test]
fn an_unknown_variable_is_a_finding() {
    refused(
        "labels:\n  a: ${NOWHERE}\n  b: [\"${\"]\n",
        &expect![[r"
        shipper.yml:2: labels.a names ${NOWHERE}, which is not in the environment; set NOWHERE, or write $${ for a literal ${
        shipper.yml:3: labels.b[0] has a ${ that no name and } follow; write $${ for a literal ${"]],
    );
}

#[test]
fn a_secret_in_a_file_is_refused_unless_it_is_allowed_or_comes_from_the_environment() {
    refused(
        "password: hunter2\n",
        &expect![
            "shipper.yml:1: password is a secret and is not written here; put it into a file of mode 0600 and name that with password_file, or write ${NAME} (or allow_inline_secrets: true for a try-out)"
        ],
    );
    let allowed = Settings::of_text("s.yml", "allow_inline_secrets: true\npassword: hunter2\n");
    let allowed = allowed.unwrap();
    assert_eq!(allowed.read::<Raw>().unwrap().password.as_deref(), Some("hunter2"));
    assert!(!format!("{allowed:?}").contains("hunter2"));
    assert_eq!(allowed.effective()[0].value, "(hidden)");
    let environment = Environment::from_iter([("PW", "hunter2")]);
    let named = Settings::of_text_with("s.yml", "password: ${PW}\n", environment.clone()).unwrap();
    assert_eq!(named.read::<Raw>().unwrap().password.as_deref(), Some("hunter2"));
    assert!(!format!("{environment:?}").contains("hunter2"));
}

#[test]
fn only_the_last_part_of_a_key_makes_it_a_secret() {
    for key in ["password", "cluster.api_key", "a.smtp_password", "hooks[0].token"] {
        assert!(secrets::is_secret(key), "{key}");
    }
    for key in ["password_file", "token.file", "tokens", "bypassword", "redact.api_key_names"] {
        assert!(!secrets::is_secret(key), "{key}");
    }
}

#[test]
fn a_key_with_dots_in_it_is_found() {
    let text = "labels:\n  their.key: x\n  their:\n   other: 1\n";
    let settings = Settings::of_text("s.yml", text).unwrap();
    assert_eq!(settings.origin("labels.their.key").to_string(), "s.yml:2");
    assert_eq!(settings.origin("labels.their.other").to_string(), "s.yml:4");
    assert_eq!(settings.origin("labels.absent.key").to_string(), "s.yml:1");
    assert_eq!(settings.origin("absent").to_string(), "default");
    assert!(settings.has("labels.their.key") && !settings.has("labels.their.absent"));
}
