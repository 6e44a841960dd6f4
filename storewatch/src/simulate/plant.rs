//! What is planted, as people write it: `S1@-2h+20m`, `S14@2026-03-02T12:00:00Z+45m*0.5`, `N6`.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use runtime::unit::Span;
use shop::{Control, ControlSpan, Incident, Plan, Scenario, UnknownScenario};

/// The name of a scenario or of a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Scenario(Scenario),
    Control(Control),
}

/// An incident whose place in the plan is still relative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Planted {
    scenario: Scenario,
    start: Start,
    length: Option<Span>,
    intensity: Option<f64>,
}

/// A control whose place in the plan is still relative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlantedControl {
    control: Control,
    start: Option<Start>,
    length: Option<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    At(Timestamp),
    /// That long after the plan's start.
    After(Span),
    /// That long before the plan's end.
    Before(Span),
}

/// Nothing has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a scenario ({scenarios}) nor a control ({controls})",
    scenarios = Scenario::ALL.map(Scenario::as_str).join(", "),
    controls = Control::ALL.map(Control::as_str).join(", "))]
pub(super) struct UnknownName(String);

/// The text does not say what is planted where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotPlanted {
    #[error(transparent)]
    Name(#[from] UnknownScenario),
    #[error("no start: write NAME@START, such as S1@-2h+20m")]
    NoStart,
    #[error(
        "{0:?} is no start: write a time such as 2026-03-02T12:00:00Z, or a span such as 2h or -2h"
    )]
    Start(String),
    #[error("{0:?} is no intensity: write a number between 0 and 10; 1 is usual")]
    Intensity(String),
}

/// An incident or control does not lie within the plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} from {start} to {end} does not lie between {from} and {until}")]
pub(super) struct Outside {
    name: &'static str,
    start: Timestamp,
    end: Timestamp,
    from: Timestamp,
    until: Timestamp,
}

impl Name {
    pub(super) fn title(self) -> String {
        match self {
            Self::Scenario(scenario) => format!("{scenario}: {}", scenario.title()),
            Self::Control(control) => format!("{control}: {}", control.title()),
        }
    }

    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Scenario(scenario) => scenario.describe(),
            Self::Control(control) => control.describe(),
        }
    }
}

impl Planted {
    /// Returns the incident at its place in a plan.
    pub(super) fn place(&self, plan: &Plan) -> Result<Incident, Outside> {
        let usual = SignedDuration::from_mins(self.scenario.usual_minutes());
        let length = self.length.map_or(usual, signed);
        let (start, end) = within(plan, self.scenario.as_str(), (self.start, length))?;
        let intensity = self.intensity.unwrap_or(self.scenario.usual_intensity());
        let dimension = self.scenario.usual_dimension().to_owned();
        Ok(Incident { scenario: self.scenario, start, end, intensity, dimension })
    }
}

impl PlantedControl {
    /// Returns the control at its place in a plan.
    pub(super) fn place(&self, plan: &Plan) -> Result<ControlSpan, Outside> {
        let control = self.control;
        let usual = control.usual_minutes().map(SignedDuration::from_mins);
        let length = self.length.map(signed).or(usual);
        let (start, end) = match (self.start, length) {
            (Some(start), Some(length)) => within(plan, control.as_str(), (start, length))?,
            (Some(start), None) => {
                let start = start.in_plan(plan);
                let length = plan.until.duration_since(start);
                within(plan, control.as_str(), (Start::At(start), length))?
            }
            (None, _) => (plan.from, plan.until),
        };
        Ok(ControlSpan { control, start, end })
    }
}

impl Start {
    fn in_plan(self, plan: &Plan) -> Timestamp {
        let start = match self {
            Self::At(time) => Some(time),
            Self::After(span) => plan.from.checked_add(span.duration()).ok(),
            Self::Before(span) => plan.until.checked_sub(span.duration()).ok(),
        };
        start.unwrap_or(Timestamp::MAX)
    }
}

fn signed(length: Span) -> SignedDuration {
    SignedDuration::try_from(length.duration()).unwrap_or(SignedDuration::MAX)
}

/// Returns start and end of what is planted, if they lie within the plan.
fn within(
    plan: &Plan,
    name: &'static str,
    (start, length): (Start, SignedDuration),
) -> Result<(Timestamp, Timestamp), Outside> {
    let start = start.in_plan(plan);
    let end = start.checked_add(length).unwrap_or(Timestamp::MAX);
    let Plan { from, until, .. } = *plan;
    if start < from || end > until || start >= end {
        return Err(Outside { name, start, end, from, until });
    }
    Ok((start, end))
}

impl FromStr for PlantedControl {
    type Err = NotPlanted;

    fn from_str(text: &str) -> Result<Self, NotPlanted> {
        let (name, start, length) = match text.split_once('@') {
            None => (text, None, None),
            Some((name, place)) => {
                let (start, length) = read_place(place)?;
                (name, Some(start), length)
            }
        };
        Ok(Self { control: name.parse()?, start, length })
    }
}

impl FromStr for Name {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let scenario = || text.parse().map(Self::Scenario);
        let control = text.parse().map(Self::Control);
        control.or_else(|_| scenario()).map_err(|_| UnknownName(text.to_owned()))
    }
}

impl FromStr for Planted {
    type Err = NotPlanted;

    fn from_str(text: &str) -> Result<Self, NotPlanted> {
        let (name, place) = text.split_once('@').ok_or(NotPlanted::NoStart)?;
        let (place, intensity) = match place.split_once('*') {
            Some((place, intensity)) => (place, Some(read_intensity(intensity)?)),
            None => (place, None),
        };
        let (start, length) = read_place(place)?;
        Ok(Self { scenario: name.parse()?, start, length, intensity })
    }
}

/// Reads START or START+LENGTH.
fn read_place(place: &str) -> Result<(Start, Option<Span>), NotPlanted> {
    // A time may hold a plus of its own, before its offset; what follows that one is no span.
    let split = place.rsplit_once('+').and_then(|(start, length)| {
        length.parse::<Span>().ok().map(|length| (start, Some(length)))
    });
    let (start, length) = split.unwrap_or((place, None));
    Ok((start.parse()?, length))
}

impl FromStr for Start {
    type Err = NotPlanted;

    fn from_str(text: &str) -> Result<Self, NotPlanted> {
        let before_end = text.strip_prefix('-').and_then(|span| span.parse().ok());
        let after_start = || text.parse().ok().map(Self::After);
        let at = || text.parse().ok().map(Self::At);
        let start = before_end.map(Self::Before).or_else(after_start).or_else(at);
        start.ok_or_else(|| NotPlanted::Start(text.to_owned()))
    }
}

fn read_intensity(text: &str) -> Result<f64, NotPlanted> {
    let intensity = text.parse::<f64>().ok().filter(|number| (0.0..=10.0).contains(number));
    intensity.ok_or_else(|| NotPlanted::Intensity(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(text: &str) -> String {
        let plan = Plan::new(
            "2026-03-02T00:00:00Z".parse().unwrap(),
            "2026-03-03T00:00:00Z".parse().unwrap(),
        );
        match text.parse::<Planted>().map(|planted| planted.place(&plan)) {
            Ok(Ok(incident)) => format!(
                "{} {} {} {}",
                incident.scenario, incident.start, incident.end, incident.intensity
            ),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        }
    }

    fn all_scenarios() -> String {
        Scenario::ALL.map(Scenario::as_str).join(", ")
    }

    #[test]
    fn a_control_lasts_as_long_as_it_usually_does_and_some_all_the_time() {
        let plan = Plan::new(
            "2026-03-02T00:00:00Z".parse().unwrap(),
            "2026-03-03T00:00:00Z".parse().unwrap(),
        );
        let placed = |text: &str| {
            let span = text.parse::<PlantedControl>().unwrap().place(&plan).unwrap();
            format!("{} {} {}", span.control, span.start, span.end)
        };
        assert_eq!(placed("N6"), "N6 2026-03-02T00:00:00Z 2026-03-03T00:00:00Z");
        assert_eq!(placed("n1@2h"), "N1 2026-03-02T02:00:00Z 2026-03-02T04:00:00Z");
        assert_eq!(placed("N8@-3h+1h"), "N8 2026-03-02T21:00:00Z 2026-03-02T22:00:00Z");
        assert_eq!(placed("N5@-3h"), "N5 2026-03-02T21:00:00Z 2026-03-03T00:00:00Z");
        let outside = "N8@-10m".parse::<PlantedControl>().unwrap().place(&plan).unwrap_err();
        assert!(outside.to_string().starts_with("N8 from 2026-03-02T23:50:00Z"), "{outside}");
    }

    #[test]
    fn a_start_is_a_time_or_a_span_from_either_end_of_the_plan() {
        for start in ["2026-03-02T22:00:00Z", "2026-03-03T00:00:00+02:00", "22h", "-2h"] {
            let expected = "S1 2026-03-02T22:00:00Z 2026-03-02T22:30:00Z 1";
            assert_eq!(placed(&format!("S1@{start}+30m")), expected);
        }
    }

    #[test]
    fn length_and_intensity_are_the_usual_ones_unless_said() {
        assert_eq!(placed("S1@2h"), "S1 2026-03-02T02:00:00Z 2026-03-02T02:20:00Z 1");
        assert_eq!(placed("s14@2h+1h*0.5"), "S14 2026-03-02T02:00:00Z 2026-03-02T03:00:00Z 0.5");
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        assert_eq!(placed("S1"), "no start: write NAME@START, such as S1@-2h+20m");
        assert_eq!(placed("S99@2h"), format!(r#""S99" is none of {}"#, all_scenarios()));
        assert!(placed("S1@noon").starts_with(r#""noon" is no start"#));
        assert!(placed("S1@2h*x").starts_with(r#""x" is no intensity"#));
    }

    #[test]
    fn a_name_is_that_of_a_scenario_or_of_a_control() {
        assert_eq!("s2".parse(), Ok(Name::Scenario(Scenario::S2)));
        assert_eq!("N6".parse(), Ok(Name::Control(Control::N6)));
        let controls = "N1, N2, N3, N4, N5, N6, N7, N8, N9";
        let expected = format!(
            r#""x" is neither a scenario ({}) nor a control ({controls})"#,
            all_scenarios()
        );
        assert_eq!("x".parse::<Name>().unwrap_err().to_string(), expected);
    }

    #[test]
    fn an_incident_outside_the_plan_is_refused() {
        for text in ["S1@-10m+20m", "S1@2026-04-01T00:00:00Z", "S1@25h", "S1@-2d", "S1@1h+0m"] {
            assert!(placed(text).contains("does not lie between"), "{text}: {}", placed(text));
        }
    }
}
