//! The last step: the envelope that every document has, and fields that are made out of others.

mod action;
mod agent;
mod behaviour;
pub(crate) mod catalogue;
pub(crate) mod geo;
pub(crate) mod route;
mod template;
pub(crate) mod watched;
mod web;

use std::sync::Arc;

use event::{Dataset, Field, FileId};

use crate::counters::Redaction;
use crate::draft::{Draft, Flag, ParseStatus};
use crate::line::Context;
use crate::processor::{Pass, Processor, Step};
use crate::settings::{PipelineSettings, StoreSettings};
use catalogue::Catalogue;
use geo::Geo;
use web::Web;

/// Stands where no file has been seen yet.
const NO_FILE: FileId = FileId::from_bytes([0; 16]);

/// Completes an event.
#[derive(Debug)]
pub(crate) struct Enrich {
    web: Web,
    context: Context,
    store: String,
    catalogue: Option<Arc<Catalogue>>,
    geo: Option<Geo>,
    namespace: String,
    dataset: Dataset,
    parser: String,
    provider: Option<String>,
    service: Option<String>,
    masked: String,
    /// The file of the last event, and its id as text: lines come file by file.
    file: (FileId, String),
}

impl Enrich {
    pub(crate) fn new(store: &StoreSettings, input: &PipelineSettings, context: &Context) -> Self {
        Self {
            web: Web::new(&input.routes, store.clients),
            context: context.clone(),
            store: store.id.clone(),
            catalogue: store.catalogue.clone(),
            geo: Geo::new(&store.geo),
            namespace: store.namespace.as_str().to_owned(),
            dataset: input.datasets.own(),
            parser: input.parser().to_owned(),
            provider: input.provider.clone(),
            service: input.service.clone(),
            masked: String::new(),
            file: (NO_FILE, NO_FILE.to_string()),
        }
    }

    fn envelope(&mut self, draft: &mut Draft, pass: &Pass<'_>) {
        let event = &mut draft.event;
        let dataset = event.dataset.unwrap_or(self.dataset);
        let document = &mut event.document;
        document.set_time(Field::Timestamp, event.time);
        document.set_time(Field::EventCreated, pass.read_at);
        document.set_static(Field::EcsVersion, "8.11.0");
        document.set_static(Field::EventModule, "store");
        document.set_static(Field::EventDataset, dataset.as_str());
        document.set_static(Field::DataStreamType, dataset.stream_type());
        document.set_static(Field::DataStreamDataset, dataset.as_str());
        document.set_text(Field::DataStreamNamespace, &self.namespace);
        document.set_text(Field::StoreId, &self.store);
        let id = event.id.to_text();
        document.set_text(Field::EventId, std::str::from_utf8(&id).unwrap_or_default());
        document.set_static(Field::StorePipelineKeyKind, event.key_kind.as_str());
        // A parser that chooses among others says which it took.
        if !document.has(Field::StorePipelineParser) {
            document.set_text(Field::StorePipelineParser, &self.parser);
        }
        if event.origin.file != self.file.0 {
            self.file = (event.origin.file, event.origin.file.to_string());
        }
        document.set_text(Field::StoreOriginFileId, &self.file.1);
        set_offset(document, Field::StoreOriginOffset, event.origin.span.start.get());
        set_offset(document, Field::StoreOriginEnd, event.origin.span.end.get());
        let late = pass.read_at.as_millisecond() - event.time.as_millisecond();
        document.set_long(Field::StorePipelineLateMs, late);
        document.set_text(Field::LogFilePath, pass.path);
        let set = |document: &mut event::Document, field, text: &str| {
            if !text.is_empty() {
                document.set_text(field, text);
            }
        };
        set(document, Field::AgentId, &self.context.agent_id);
        set(document, Field::AgentType, &self.context.agent_type);
        set(document, Field::AgentVersion, &self.context.agent_version);
        let unless_told = [
            (Field::HostName, Some(&self.context.host_name)),
            (Field::EventProvider, self.provider.as_ref()),
            (Field::ServiceName, self.service.as_ref()),
        ];
        for (field, text) in unless_told {
            if let Some(text) = text
                && !document.has(field)
            {
                set(document, field, text);
            }
        }
    }

    /// Says how well the line was read.
    fn remarks(draft: &mut Draft) {
        let mut flags = [""; Flag::ALL.len()];
        let mut count = 0;
        for flag in draft.flags() {
            flags[count] = flag.as_str();
            count += 1;
        }
        let document = &mut draft.event.document;
        if count > 0 {
            document.set_list(Field::StorePipelineFlags, &flags[..count]);
        }
        let (status, kind) = match draft.status {
            ParseStatus::Ok => ("ok", "event"),
            ParseStatus::Partial => ("partial", "event"),
            ParseStatus::Failed(_) => ("failed", "pipeline_error"),
        };
        document.set_static(Field::StorePipelineParseStatus, status);
        let is_state = document.text(Field::EventAction).is_some_and(is_state);
        document.set_static(Field::EventKind, if is_state { "state" } else { kind });
        if let ParseStatus::Failed(failure) = draft.status {
            document.set_static(Field::ErrorType, "parse");
            document.set_static(Field::ErrorCode, failure.as_str());
            document.set_static(Field::EventAction, "parse.failed");
        }
    }

    /// Says what the action means in the words of ECS.
    fn meaning(draft: &mut Draft) {
        let document = &mut draft.event.document;
        let Some(action) = document.text(Field::EventAction) else { return };
        let (kind, outcome, category) =
            (action::kind(action), action::outcome(action), action::category(action));
        if !document.has(Field::EventType) {
            document.set_static(Field::EventType, kind);
        }
        if let Some(category) = category {
            document.set_static(Field::EventCategory, category);
        }
        let told = document.text(Field::EventOutcome).and_then(action::outcome_word);
        if let Some(outcome) = told.or(outcome) {
            document.set_static(Field::EventOutcome, outcome);
        }
    }

    fn template(&mut self, draft: &mut Draft) {
        let document = &mut draft.event.document;
        if let Some(message) = document.text(Field::Message) {
            template::mask(message, &mut self.masked);
            let hash = template::hash(&self.masked).to_text();
            let hash = std::str::from_utf8(&hash).unwrap_or_default();
            document.set_text(Field::StoreTemplateHash, hash);
        }
    }
}

/// Tells whether an action describes how things stand, not what happened.
fn is_state(action: &str) -> bool {
    matches!(action, "stock.snapshot" | "ad.spend_snapshot")
}

fn set_offset(document: &mut event::Document, field: Field, offset: u64) {
    document.set_long(field, i64::try_from(offset).unwrap_or(i64::MAX));
}

impl Processor for Enrich {
    fn process(&mut self, draft: &mut Draft, pass: &mut Pass<'_>) -> Step {
        Self::remarks(draft);
        if draft.is_request {
            self.web.request(draft, pass.counters);
        } else {
            self.web.parts(draft);
            if let Some(catalogue) = &self.catalogue {
                catalogue.complete(&mut draft.event.document, pass.read_at);
            }
            Self::meaning(draft);
            self.template(draft);
        }
        self.envelope(draft, pass);
        if let Some(geo) = &mut self.geo {
            geo.locate(&mut draft.event.document, pass.read_at, pass.counters);
        }
        // Last, since everything above may want the whole address.
        if web::coarsen(draft) {
            pass.counters.count_redacted(Redaction::Address);
        }
        Step::Continue
    }
}

#[cfg(test)]
mod tests;
