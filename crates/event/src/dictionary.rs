//! The dictionary: every field a document of ours may have, with its type, unit and meaning.
//!
//! Index templates, the field reference and the checks of dashboards and rules are generated from this one table, so a
//! name exists here or nowhere. Rows stand in the order of their paths, which is the order in which documents write them.

use std::fmt;

/// How Elasticsearch maps a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An exact value that can be grouped.
    Keyword,
    /// One value for a whole index, which costs no space.
    ConstantKeyword,
    /// A long exact value that is searched by patterns.
    Wildcard,
    /// Full text without positions and scores.
    MatchOnlyText,
    /// A whole number of 64 bits.
    Long,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 16 bits.
    Short,
    /// A whole number of 8 bits.
    Byte,
    /// A number of 64 bits.
    Double,
    /// A number of 32 bits.
    Float,
    /// True or false.
    Boolean,
    /// An instant, in milliseconds.
    Date,
    /// An IPv4 or IPv6 address.
    Ip,
    /// Latitude and longitude.
    GeoPoint,
    /// An object with any keys, mapped as one field.
    Flattened,
    /// An object whose values become keywords as they come.
    Labels,
    /// Text that is kept but neither searched nor grouped.
    StoredText,
    /// An object that is kept but neither searched nor grouped.
    StoredObject,
}

/// What a number of a field counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// No unit.
    None,
    /// Nanoseconds.
    Nanoseconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Bytes.
    Bytes,
    /// Minor units of `store.currency`.
    MinorUnits,
    /// Millionths of a unit of `store.currency`.
    MicroUnits,
    /// Pieces of stock.
    Pieces,
}

/// Which documents may hold a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Area {
    /// Every document: ECS fields.
    Ecs,
    /// Event documents: `store.*`.
    Store,
    /// Alert documents and the state of episodes.
    Alert,
    /// Computed series.
    Series,
    /// Silences, outbox, groups and learned state.
    State,
}

/// One row of the dictionary.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Dotted path of the field.
    pub path: &'static str,
    /// Mapping type.
    pub kind: Kind,
    /// Unit of its numbers.
    pub unit: Unit,
    /// Meaning or values, one line.
    pub note: &'static str,
}

macro_rules! dictionary {
    ($($variant:ident $path:literal $kind:ident $unit:ident $note:literal)*) => {
        /// A field of the dictionary. Its order is the order of paths.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        #[non_exhaustive]
        pub enum Field {
            $(#[doc = $path] $variant,)*
        }

        impl Field {
            /// All fields, in the order of their paths.
            pub const ALL: &'static [Field] = &[$(Field::$variant,)*];
        }

        static ENTRIES: &[Entry] = &[$(
            Entry { path: $path, kind: Kind::$kind, unit: Unit::$unit, note: $note },
        )*];
    };
}

dictionary! {
    Timestamp "@timestamp" Date None "when it happened, UTC"
    AgentEphemeralId "agent.ephemeral_id" Keyword None "one process from start to stop"
    AgentId "agent.id" Keyword None "installation of the agent"
    AgentName "agent.name" Keyword None "name of the agent"
    AgentType "agent.type" Keyword None "shipper, detector"
    AgentVersion "agent.version" Keyword None "version of the agent"
    ClientAddress "client.address" Keyword None "client as written"
    ClientIp "client.ip" Ip None "client address"
    CloudAvailabilityZone "cloud.availability_zone" Keyword None "zone"
    CloudProvider "cloud.provider" Keyword None "provider"
    CloudRegion "cloud.region" Keyword None "region"
    ContainerId "container.id" Keyword None "container"
    ContainerName "container.name" Keyword None "container name"
    DataStreamDataset "data_stream.dataset" ConstantKeyword None "equals event.dataset"
    DataStreamNamespace "data_stream.namespace" ConstantKeyword None "namespace"
    DataStreamType "data_stream.type" ConstantKeyword None "logs, metrics"
    DestinationAddress "destination.address" Keyword None "server behind, as written"
    EcsVersion "ecs.version" Keyword None "8.11.0"
    ErrorCode "error.code" Keyword None "code of the error"
    ErrorMessage "error.message" MatchOnlyText None "text of the error"
    ErrorStackTrace "error.stack_trace" Wildcard None "stack trace"
    ErrorType "error.type" Keyword None "class of the error"
    EventAction "event.action" Keyword None "what happened: order.submitted, payment.failed"
    EventCategory "event.category" Keyword None "ECS category: web, authentication"
    EventCode "event.code" Keyword None "rule code or own log code"
    EventCreated "event.created" Date None "when the agent read it"
    EventDataset "event.dataset" ConstantKeyword None "store.order and so on"
    EventDuration "event.duration" Long Nanoseconds "how long it took"
    EventEnd "event.end" Date None "end"
    EventHash "event.hash" Keyword None "hash of the mapped fields"
    EventId "event.id" Keyword None "id of the event; equals _id"
    EventIngested "event.ingested" Date None "when the cluster received it"
    EventKind "event.kind" Keyword None "event, metric, state, alert, pipeline_error"
    EventModule "event.module" ConstantKeyword None "store"
    EventOriginal "event.original" StoredText None "the redacted line; off by default"
    EventOutcome "event.outcome" Keyword None "success, failure, unknown"
    EventProvider "event.provider" Keyword None "shopify, taobao, nginx"
    EventReason "event.reason" Keyword None "why, one line"
    EventReference "event.reference" Keyword None "runbook"
    EventRiskScore "event.risk_score" Float None "0 to 100"
    EventRiskScoreNorm "event.risk_score_norm" Float None "0 to 100"
    EventSequence "event.sequence" Long None "producer counter or transition number"
    EventSeverity "event.severity" Long None "10 info, 21 low, 47 medium, 73 high, 99 critical"
    EventStart "event.start" Date None "start"
    EventTimezone "event.timezone" Keyword None "zone that was assumed"
    EventType "event.type" Keyword None "creation, change, deletion, start, end, error, info, denied, access"
    EventUrl "event.url" Keyword None "link to Discover"
    HostArchitecture "host.architecture" Keyword None "architecture"
    HostHostname "host.hostname" Keyword None "name as the host knows it"
    HostId "host.id" Keyword None "id of the host"
    HostIp "host.ip" Ip None "addresses"
    HostName "host.name" Keyword None "name of the host"
    HttpRequestBodyBytes "http.request.body.bytes" Long Bytes "size of the request"
    HttpRequestId "http.request.id" Keyword None "request id"
    HttpRequestMethod "http.request.method" Keyword None "method"
    HttpRequestReferrer "http.request.referrer" Keyword None "referrer, redacted"
    HttpResponseBodyBytes "http.response.body.bytes" Long Bytes "size of the answer"
    HttpResponseStatusCode "http.response.status_code" Long None "status"
    HttpVersion "http.version" Keyword None "1.1, 2.0"
    Labels "labels" Labels None "labels of a user or an alert's group"
    LogFilePath "log.file.path" Keyword None "file it was read from"
    LogLevel "log.level" Keyword None "debug, info, warn, error"
    LogLogger "log.logger" Keyword None "logger"
    Message "message" MatchOnlyText None "text for people"
    ObserverName "observer.name" Keyword None "detector instance"
    ObserverProduct "observer.product" Keyword None "detector"
    ObserverType "observer.type" Keyword None "detector"
    ObserverVendor "observer.vendor" Keyword None "storewatch"
    ObserverVersion "observer.version" Keyword None "version of the detector"
    OrchestratorClusterName "orchestrator.cluster.name" Keyword None "cluster"
    OrchestratorNamespace "orchestrator.namespace" Keyword None "namespace"
    ProcessName "process.name" Keyword None "process"
    ProcessPid "process.pid" Long None "process id"
    ProcessThreadName "process.thread.name" Keyword None "thread"
    RelatedHosts "related.hosts" Keyword None "hosts involved"
    RelatedIp "related.ip" Ip None "addresses involved"
    RelatedUser "related.user" Keyword None "users involved"
    RuleAuthor "rule.author" Keyword None "who wrote the rule"
    RuleCategory "rule.category" Keyword None "rule type"
    RuleDescription "rule.description" Keyword None "what the rule asks"
    RuleId "rule.id" Keyword None "order-rate and so on"
    RuleName "rule.name" Keyword None "name for people"
    RuleReference "rule.reference" Keyword None "runbook"
    RuleRuleset "rule.ruleset" Keyword None "shipped or own"
    RuleUuid "rule.uuid" Keyword None "hash of rule and group"
    RuleVersion "rule.version" Keyword None "hash of the rule's content"
    ServiceEnvironment "service.environment" Keyword None "production, staging"
    ServiceName "service.name" Keyword None "service"
    ServiceVersion "service.version" Keyword None "version of the service"
    SourceAddress "source.address" Keyword None "client as written"
    SourceAsNumber "source.as.number" Long None "network"
    SourceAsOrganizationName "source.as.organization.name" Keyword None "owner of the network"
    SourceGeoCountryIsoCode "source.geo.country_iso_code" Keyword None "country"
    SourceGeoLocation "source.geo.location" GeoPoint None "place, coarse"
    SourceGeoRegionIsoCode "source.geo.region_iso_code" Keyword None "region"
    SourceIp "source.ip" Ip None "client, coarsened"
    SpanId "span.id" Keyword None "span"
    StoreAdAdgroupId "store.ad.adgroup_id" Keyword None "group of ads"
    StoreAdCampaignId "store.ad.campaign_id" Keyword None "campaign"
    StoreAdClickId "store.ad.click_id" Keyword None "the key of a click"
    StoreAdClicks "store.ad.clicks" Long None "clicks"
    StoreAdConversions "store.ad.conversions" Long None "conversions"
    StoreAdCostMicros "store.ad.cost_micros" Long MicroUnits "cost"
    StoreAdCreativeId "store.ad.creative_id" Keyword None "creative"
    StoreAdImpressions "store.ad.impressions" Long None "impressions"
    StoreAdNetwork "store.ad.network" Keyword None "network"
    StoreAdPlacement "store.ad.placement" Keyword None "placement"
    StoreAlertAssignee "store.alert.assignee" Keyword None "who takes care"
    StoreAlertDurationUs "store.alert.duration_us" Long Microseconds "length of the episode"
    StoreAlertEffects "store.alert.effects" Keyword None "open, done: state document only"
    StoreAlertEnd "store.alert.end" Date None "end of the episode"
    StoreAlertEvaluationExpected "store.alert.evaluation.expected" Double None "what was expected"
    StoreAlertEvaluationLower "store.alert.evaluation.lower" Double None "lower bound"
    StoreAlertEvaluationModel "store.alert.evaluation.model" Keyword None "model"
    StoreAlertEvaluationScore "store.alert.evaluation.score" Double None "0 to 100"
    StoreAlertEvaluationThreshold "store.alert.evaluation.threshold" Double None "what was set"
    StoreAlertEvaluationUpper "store.alert.evaluation.upper" Double None "upper bound"
    StoreAlertEvaluationValue "store.alert.evaluation.value" Double None "what was seen"
    StoreAlertExplainBg "store.alert.explain.bg" Double None "count expected of the value"
    StoreAlertExplainFg "store.alert.explain.fg" Double None "count seen of the value"
    StoreAlertExplainField "store.alert.explain.field" Keyword None "field"
    StoreAlertExplainLift "store.alert.explain.lift" Double None "how much more common than before"
    StoreAlertExplainP "store.alert.explain.p" Double None "chance that this is luck"
    StoreAlertExplainShare "store.alert.explain.share" Double None "part of the change it explains"
    StoreAlertExplainValue "store.alert.explain.value" Keyword None "value"
    StoreAlertExplainTop "store.alert.explain_top" Keyword None "field=value, best first"
    StoreAlertFlapping "store.alert.flapping" Boolean None "changes too often"
    StoreAlertFlappingHistory "store.alert.flapping_history" Boolean None "the last judgements: changed or not"
    StoreAlertGroupField "store.alert.group.field" Keyword None "field of the group"
    StoreAlertGroupValue "store.alert.group.value" Keyword None "value of the group"
    StoreAlertGroupKey "store.alert.group_key" Keyword None "group as flat text"
    StoreAlertId "store.alert.id" Keyword None "episode"
    StoreAlertInstanceId "store.alert.instance_id" Keyword None "hash of rule and group"
    StoreAlertLastDetected "store.alert.last_detected" Date None "last anomalous bucket"
    StoreAlertMaintenanceIds "store.alert.maintenance_ids" Keyword None "calendar entries"
    StoreAlertNotificationsAt "store.alert.notifications.at" Date None "when"
    StoreAlertNotificationsAttempts "store.alert.notifications.attempts" Integer None "tries"
    StoreAlertNotificationsChannel "store.alert.notifications.channel" Keyword None "channel"
    StoreAlertNotificationsError "store.alert.notifications.error" Keyword None "last error"
    StoreAlertNotificationsStatus "store.alert.notifications.status" Keyword None "waiting, sent, dead"
    StoreAlertParent "store.alert.parent" Keyword None "episode that explains this one"
    StoreAlertPartial "store.alert.partial" Boolean None "judged on a partial answer"
    StoreAlertQuery "store.alert.query" StoredObject None "what was asked"
    StoreAlertRuleParameters "store.alert.rule_parameters" Flattened None "settings of the rule"
    StoreAlertSamplesId "store.alert.samples.id" Keyword None "_id of a sample"
    StoreAlertSamplesIndex "store.alert.samples.index" Keyword None "index of a sample"
    StoreAlertSamplesTraceId "store.alert.samples.trace_id" Keyword None "trace of a sample"
    StoreAlertSeverity "store.alert.severity" Keyword None "info, low, medium, high, critical"
    StoreAlertStart "store.alert.start" Date None "start of the episode"
    StoreAlertStatus "store.alert.status" Keyword None "pending, active, recovering, recovered, no_data, error, untracked"
    StoreAlertSuppressedBy "store.alert.suppressed_by" Keyword None "why no message went out"
    StoreAlertTracking "store.alert.tracking" StoredObject None "counters of the state machine: state document only"
    StoreAlertTransition "store.alert.transition" Long None "transitions so far: state document only"
    StoreAlertWindowFrom "store.alert.window.from" Date None "window asked"
    StoreAlertWindowSpanMs "store.alert.window.span_ms" Long Milliseconds "bucket span"
    StoreAlertWindowTo "store.alert.window.to" Date None "window asked"
    StoreAlertWorkflowStatus "store.alert.workflow_status" Keyword None "open, acknowledged, closed"
    StoreBaseAmountMinor "store.base.amount_minor" Long MinorUnits "amount in the base currency"
    StoreBaseFxRate "store.base.fx_rate" Double None "rate at the event"
    StoreCartId "store.cart.id" Keyword None "cart"
    StoreChannel "store.channel" Keyword None "web, app, miniprogram, marketplace name"
    StoreClientBotName "store.client.bot_name" Keyword None "bot"
    StoreClientClass "store.client.class" Keyword None "human, good_bot, bad_bot, monitor, internal, unknown"
    StoreCouponCampaign "store.coupon.campaign" Keyword None "campaign of the coupon"
    StoreCouponCodeHash "store.coupon.code_hash" Keyword None "pseudonym of the code"
    StoreCurrency "store.currency" Keyword None "ISO 4217"
    StoreCurrencyExponent "store.currency_exponent" Byte None "digits of the minor unit"
    StoreCustomerIdHash "store.customer.id_hash" Keyword None "pseudonym"
    StoreCustomerType "store.customer.type" Keyword None "new, returning, guest"
    StoreDetectorCrc "store.detector.crc" Long None "checksum of the state"
    StoreDetectorFormat "store.detector.format" Integer None "format version of the state"
    StoreDetectorGroupKey "store.detector.group_key" Keyword None "group"
    StoreDetectorHolder "store.detector.holder" Keyword None "who holds the lease"
    StoreDetectorKind "store.detector.kind" Keyword None "lease, watermark, model, mark"
    StoreDetectorModel "store.detector.model" Keyword None "model"
    StoreDetectorRuleId "store.detector.rule_id" Keyword None "rule"
    StoreDetectorState "store.detector.state" StoredText None "learned state, deflated, base64"
    StoreDetectorTerm "store.detector.term" Long None "term of the lease"
    StoreDetectorVersion "store.detector.version" Keyword None "hash of what was learned from"
    StoreDetectorWatermark "store.detector.watermark" Date None "all before this is judged"
    StoreExtra "store.extra" Flattened None "unknown or rescued fields"
    StoreFunnelStep "store.funnel.step" Keyword None "view, cart, checkout, address, payment, submitted"
    StoreGroupFirstSeen "store.group.first_seen" Date None "first bucket with the group"
    StoreGroupKey "store.group.key" Keyword None "group"
    StoreGroupLastSeen "store.group.last_seen" Date None "last bucket with the group"
    StoreGroupRuleId "store.group.rule_id" Keyword None "rule"
    StoreId "store.id" Keyword None "shop"
    StoreInventoryAsOf "store.inventory.as_of" Date None "instant of the stock figure"
    StoreInventoryAvailable "store.inventory.available" Long Pieces "may be negative"
    StoreInventoryDaysOfCover "store.inventory.days_of_cover" Float None "computed by the detector"
    StoreInventoryDelta "store.inventory.delta" Long Pieces "change"
    StoreInventoryOnHand "store.inventory.on_hand" Long Pieces "on hand"
    StoreInventoryReason "store.inventory.reason" Keyword None "sale, return, receive, adjust, damage, loss, count, sync"
    StoreInventoryReorderPoint "store.inventory.reorder_point" Long Pieces "reorder below"
    StoreInventoryReserved "store.inventory.reserved" Long Pieces "reserved"
    StoreInventorySyncLagMs "store.inventory.sync_lag_ms" Long Milliseconds "age of the sync"
    StoreInventoryWarehouse "store.inventory.warehouse" Keyword None "warehouse"
    StoreLineQuantity "store.line.quantity" Integer Pieces "pieces of an order line"
    StoreOrderAgeMs "store.order.age_ms" Long Milliseconds "age of the order at this event"
    StoreOrderAmountMinor "store.order.amount_minor" Long MinorUnits "items + tax + shipping - discount"
    StoreOrderBasketHash "store.order.basket_hash" Keyword None "hash of sorted sku x quantity"
    StoreOrderDiscountMinor "store.order.discount_minor" Long MinorUnits "discount"
    StoreOrderId "store.order.id" Keyword None "order"
    StoreOrderItemCount "store.order.item_count" Integer Pieces "pieces"
    StoreOrderItemsMinor "store.order.items_minor" Long MinorUnits "items"
    StoreOrderLineId "store.order.line_id" Keyword None "line"
    StoreOrderParentId "store.order.parent_id" Keyword None "order that was split"
    StoreOrderPlacedAt "store.order.placed_at" Date None "when the order was placed"
    StoreOrderShippingMinor "store.order.shipping_minor" Long MinorUnits "shipping"
    StoreOrderSkuCount "store.order.sku_count" Integer None "different articles"
    StoreOrderStatus "store.order.status" Keyword None "canonical status"
    StoreOrderStatusRaw "store.order.status_raw" Keyword None "status as written"
    StoreOrderTaxMinor "store.order.tax_minor" Long MinorUnits "tax"
    StoreOriginEnd "store.origin.end" Long Bytes "where the line ended"
    StoreOriginFileId "store.origin.file_id" Keyword None "file it stood in"
    StoreOriginOffset "store.origin.offset" Long Bytes "where the line stood"
    StoreOutboxAction "store.outbox.action" Keyword None "trigger, resolve"
    StoreOutboxAttempts "store.outbox.attempts" Integer None "tries"
    StoreOutboxBody "store.outbox.body" StoredObject None "rendered parts, no secrets"
    StoreOutboxChannel "store.outbox.channel" Keyword None "channel"
    StoreOutboxCreated "store.outbox.created" Date None "when the row was made"
    StoreOutboxEpisode "store.outbox.episode" Keyword None "episode"
    StoreOutboxError "store.outbox.error" Keyword None "last error"
    StoreOutboxKey "store.outbox.key" Keyword None "idempotency key"
    StoreOutboxNextTry "store.outbox.next_try" Date None "not before"
    StoreOutboxState "store.outbox.state" Keyword None "waiting, held, folded, sent, dead"
    StoreOutboxTransition "store.outbox.transition" Long None "transition number"
    StorePaymentAmountMinor "store.payment.amount_minor" Long MinorUnits "amount"
    StorePaymentAttempt "store.payment.attempt" Short None "from 1"
    StorePaymentFailureCode "store.payment.failure_code" Keyword None "declined, insufficient_funds, 3ds_failed, risk_rejected, gateway_error, timeout, invalid_card, duplicate, user_cancelled"
    StorePaymentFailureCodeRaw "store.payment.failure_code_raw" Keyword None "code as written"
    StorePaymentId "store.payment.id" Keyword None "payment"
    StorePaymentMethod "store.payment.method" Keyword None "card, wallet, transfer"
    StorePaymentNetwork "store.payment.network" Keyword None "card network"
    StorePaymentProvider "store.payment.provider" Keyword None "provider"
    StorePaymentStatus "store.payment.status" Keyword None "authorised, captured, failed, timeout, reversed"
    StorePipelineDupCount "store.pipeline.dup_count" Long None "copies seen"
    StorePipelineEncoding "store.pipeline.encoding" Keyword None "encoding of the line"
    StorePipelineFlags "store.pipeline.flags" Keyword None "tz_assumed, amount_mismatch, bad_utf8, clock_clamped, field_moved, status_backward, key_conflict"
    StorePipelineKeyKind "store.pipeline.key_kind" Keyword None "producer, natural, origin"
    StorePipelineLateMs "store.pipeline.late_ms" Long Milliseconds "sent - happened"
    StorePipelineLedgerDataset "store.pipeline.ledger.dataset" Keyword None "dataset of the file's events"
    StorePipelineLedgerDeadLettered "store.pipeline.ledger.dead_lettered" Long None "events refused for good"
    StorePipelineLedgerDocuments "store.pipeline.ledger.documents" Long None "documents that must be stored"
    StorePipelineLedgerDuplicate "store.pipeline.ledger.duplicate" Long None "events the cluster had"
    StorePipelineLedgerFiltered "store.pipeline.ledger.filtered" Long None "lines dropped by rules"
    StorePipelineLedgerKeyed "store.pipeline.ledger.keyed" Long None "duplicates whose document may stand under another line"
    StorePipelineLedgerLostBytes "store.pipeline.ledger.lost_bytes" Long Bytes "bytes of the file gone before they were read"
    StorePipelineLedgerRedirected "store.pipeline.ledger.redirected" Long None "events in the failure store"
    StorePipelineLedgerSteps "store.pipeline.ledger.steps" StoredText None "ends of parts of the range, each with its documents"
    StorePipelineLedgerStored "store.pipeline.ledger.stored" Long None "events the cluster took"
    StorePipelineLedgerStream "store.pipeline.ledger.stream" Keyword None "stream of the file's events"
    StorePipelineLedgerUnrecordedBytes "store.pipeline.ledger.unrecorded_bytes" Long Bytes "acknowledged bytes, how is not known"
    StorePipelineLines "store.pipeline.lines" Long None "lines of a group"
    StorePipelineParseStatus "store.pipeline.parse_status" Keyword None "ok, partial, failed"
    StorePipelineParser "store.pipeline.parser" Keyword None "parser"
    StorePipelinePseudonymKeyId "store.pipeline.pseudonym_key_id" Keyword None "key of the pseudonyms"
    StorePipelineRepeatCount "store.pipeline.repeat_count" Long None "repeats collapsed"
    StorePipelineSkewMs "store.pipeline.skew_ms" Long Milliseconds "clock difference"
    StorePipelineTruncated "store.pipeline.truncated" Boolean None "the line was cut"
    StorePollApi "store.poll.api" Keyword None "platform call"
    StorePollCursor "store.poll.cursor" Keyword None "cursor"
    StorePollLagMs "store.poll.lag_ms" Long Milliseconds "age of the newest row"
    StorePollNewRows "store.poll.new_rows" Long None "rows not seen before"
    StorePollPages "store.poll.pages" Long None "pages"
    StorePollQuotaLeft "store.poll.quota_left" Long None "calls left"
    StorePollRows "store.poll.rows" Long None "rows"
    StorePollStatus "store.poll.status" Keyword None "finished, failed"
    StoreProductBrand "store.product.brand" Keyword None "brand"
    StoreProductCategory "store.product.category" Keyword None "category as path array"
    StoreProductId "store.product.id" Keyword None "product"
    StoreProductListPriceMinor "store.product.list_price_minor" Long MinorUnits "list price"
    StoreProductPriceMinor "store.product.price_minor" Long MinorUnits "price"
    StoreProductSellerId "store.product.seller_id" Keyword None "seller"
    StoreProductSku "store.product.sku" Keyword None "article"
    StoreRefundAmountMinor "store.refund.amount_minor" Long MinorUnits "a positive number"
    StoreRefundId "store.refund.id" Keyword None "refund"
    StoreRefundReason "store.refund.reason" Keyword None "reason"
    StoreRoute "store.route" Keyword None "templated path"
    StoreSearchPage "store.search.page" Short None "page of results"
    StoreSearchQueryNorm "store.search.query_norm" Keyword None "query, at most 64 characters"
    StoreSearchResults "store.search.results" Integer None "results"
    StoreSeriesExpected "store.series.expected" Double None "what was expected"
    StoreSeriesGroupKey "store.series.group_key" Keyword None "group"
    StoreSeriesLower "store.series.lower" Double None "lower bound"
    StoreSeriesModel "store.series.model" Keyword None "model"
    StoreSeriesN "store.series.n" Double None "events behind the value"
    StoreSeriesRevision "store.series.revision" Long None "times this bucket was judged anew"
    StoreSeriesRule "store.series.rule" Keyword None "rule"
    StoreSeriesScore "store.series.score" Double None "0 to 100"
    StoreSeriesSpanMs "store.series.span_ms" Long Milliseconds "bucket span"
    StoreSeriesUpper "store.series.upper" Double None "upper bound"
    StoreSeriesValue "store.series.value" Double None "what was seen"
    StoreSessionId "store.session.id" Keyword None "session"
    StoreShipmentCarrier "store.shipment.carrier" Keyword None "carrier"
    StoreShipmentId "store.shipment.id" Keyword None "shipment"
    StoreShipmentLagMs "store.shipment.lag_ms" Long Milliseconds "since the order was placed"
    StoreShipmentLate "store.shipment.late" Boolean None "past promise and not delivered"
    StoreShipmentPromisedAt "store.shipment.promised_at" Date None "promise"
    StoreShipmentRegion "store.shipment.region" Keyword None "province or state code"
    StoreShipmentService "store.shipment.service" Keyword None "service"
    StoreShipmentStatus "store.shipment.status" Keyword None "created, picked, packed, dispatched, in_transit, out_for_delivery, delivered, exception, returned, customs"
    StoreShipmentStatusRaw "store.shipment.status_raw" Keyword None "status as written"
    StoreShipmentWarehouse "store.shipment.warehouse" Keyword None "warehouse"
    StoreSilenceAuthor "store.silence.author" Keyword None "who wrote it"
    StoreSilenceComment "store.silence.comment" Keyword None "why"
    StoreSilenceEnd "store.silence.end" Date None "end"
    StoreSilenceMatchers "store.silence.matchers" StoredObject None "rule, labels and group"
    StoreSilenceStart "store.silence.start" Date None "start"
    StoreTemplateHash "store.template_hash" Keyword None "hash of the masked message"
    StoreTicketCategory "store.ticket.category" Keyword None "category"
    StoreTicketChannel "store.ticket.channel" Keyword None "channel"
    StoreTicketFirstResponseMs "store.ticket.first_response_ms" Long Milliseconds "time to the first answer"
    StoreTicketId "store.ticket.id" Keyword None "ticket"
    StoreTicketRating "store.ticket.rating" Byte None "1 to 5"
    StoreTicketResolveMs "store.ticket.resolve_ms" Long Milliseconds "time to resolve"
    StoreTicketSeverity "store.ticket.severity" Keyword None "severity"
    StoreTicketType "store.ticket.type" Keyword None "type"
    Tags "tags" Keyword None "tags"
    TraceId "trace.id" Keyword None "trace"
    UrlDomain "url.domain" Keyword None "host asked"
    UrlOriginal "url.original" Wildcard None "as asked, redacted"
    UrlPath "url.path" Keyword None "path"
    UrlQuery "url.query" Keyword None "query, redacted"
    UserName "user.name" Keyword None "user of the access log, pseudonym"
    UserAgentDeviceName "user_agent.device.name" Keyword None "device"
    UserAgentName "user_agent.name" Keyword None "browser, app or bot"
    UserAgentOriginal "user_agent.original" Keyword None "agent as written"
    UserAgentOsName "user_agent.os.name" Keyword None "system"
    UserAgentVersion "user_agent.version" Keyword None "version"
}

impl Field {
    /// Returns the row of this field.
    pub fn entry(self) -> &'static Entry {
        &ENTRIES[self as usize]
    }

    /// Returns the dotted path.
    pub fn path(self) -> &'static str {
        self.entry().path
    }

    /// Returns the field with this dotted path.
    pub fn from_path(path: &str) -> Option<Self> {
        let by_segments = |field: &Field| field.path().split('.').cmp(path.split('.'));
        Self::ALL.binary_search_by(by_segments).ok().map(|at| Self::ALL[at])
    }

    /// Returns which documents may hold this field.
    pub fn area(self) -> Area {
        let mut segments = self.path().split('.');
        match (segments.next(), segments.next()) {
            (Some("store"), Some("alert")) => Area::Alert,
            (Some("store"), Some("series")) => Area::Series,
            (Some("store"), Some("detector" | "group" | "outbox" | "silence")) => Area::State,
            (Some("store"), _) => Area::Store,
            _ => Area::Ecs,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

#[cfg(test)]
mod tests;
