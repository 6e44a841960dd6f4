//! Settings of the program: a file, the environment (`STOREWATCH_ENRICHER__INPUT__FORMAT`), flags.

use enricher::{PipelineSettings, RawPipeline, RawRedact, RawStore, StoreSettings};
use runtime::settings::{Check, Environment, Findings, Settings, Sources};
use serde::Deserialize;

use crate::cli::ConfigArgs;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    store: RawStore,
    #[serde(default)]
    redact: RawRedact,
    input: RawPipeline,
}

/// Checked settings of the program.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) store: StoreSettings,
    pub(crate) input: PipelineSettings,
}

/// Reads and checks all layers.
pub(crate) fn load(args: &ConfigArgs, environment: Environment) -> Result<Config, Findings> {
    let mut sources = Sources::new("enricher").environment(environment);
    if let Some(file) = &args.config {
        sources = sources.file(file);
    }
    let sources = sources
        .flag("--format", "input.format", args.format.clone())
        .flag("--dataset", "input.dataset", args.dataset.clone())
        .flag("--provider", "input.provider", args.provider.clone())
        .flag("--timezone", "input.timezone", args.timezone.clone())
        .flag("--store", "store.id", args.store.clone());
    let settings = Settings::load(sources)?;
    check(&settings)
}

/// Checks settings that were read.
pub(crate) fn check(settings: &Settings) -> Result<Config, Findings> {
    let raw: Raw = settings.read()?;
    let mut faults = Vec::new();
    let store = StoreSettings::check(&raw.store, &raw.redact, &mut faults);
    let input = PipelineSettings::check(&raw.input, "input", &mut faults);
    let mut check = Check::new(settings);
    for fault in &faults {
        fault.tell(&mut check);
    }
    let (config, _) = check.finish(store.zip(input))?;
    // Without both there was a fault, and with a fault there is no way here.
    config.map(|(store, input)| Config { store, input }).ok_or_else(Findings::default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> String {
        let settings = Settings::of_text("enricher.yml", text);
        match settings.and_then(|settings| check(&settings)) {
            Ok(_) => "valid".to_owned(),
            Err(findings) => findings.to_string(),
        }
    }

    #[test]
    fn five_lines_are_enough() {
        let text = "store:\n  id: shop-1\ninput:\n  format: combined\n  dataset: traffic\n";
        assert_eq!(findings(text), "valid");
    }

    #[test]
    fn a_finding_names_file_line_key_and_value() {
        let text = "store:\n  id: shop-1\ninput:\n  format: combined\n  dataset: orders\n  timezone: Mars\n";
        let found = findings(text);
        assert!(
            found.contains("enricher.yml:5: input.dataset is orders, which is no dataset"),
            "{found}"
        );
        assert!(found.contains("enricher.yml:6: input.timezone is Mars, which is no"), "{found}");
    }

    #[test]
    fn a_pattern_that_cannot_be_is_told_with_its_line_its_reason_and_a_hint() {
        let text = "store:\n  id: shop-1\ninput:\n  format: grok\n  dataset: app\n  parse:\n    definitions:\n      A: '('\n    pattern:\n      - '%{INT:order.id}'\n      - '%{NOPE}'\n";
        let found = findings(text);
        for want in [
            "enricher.yml:8: input.parse.definitions.A is (, which is no expression: unclosed group",
            "enricher.yml:11: input.parse.pattern[1] is %{NOPE}, which uses %{NOPE}, and that is no definition",
            "docs/formats.md lists them",
        ] {
            assert!(found.contains(want), "{want}: {found}");
        }
        let found = findings(&format!("{text}    columns: {{ a: b }}\n"));
        assert!(found.starts_with("enricher.yml:12: input.parse.columns"), "{found}");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let found =
            findings("store:\n  id: x\n  colour: red\ninput:\n  format: plain\n  dataset: app\n");
        assert!(found.starts_with("enricher.yml:3: store.colour"), "{found}");
    }
}
