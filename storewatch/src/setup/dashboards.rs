//! Boards: validated offline, imported in one request, each row of the answer read.

use anyhow::{Result, bail};
use kibana::boards::objects;
use kibana::import::{ImportError, Kibana, Outcome as Imported};
use kibana::object::{SavedObject, to_ndjson};
use kibana::validate::validate;
use pipelines::plan::{Change, Step, Subject};
use runtime::{Exit, Failure};

use super::{Direction, Outcome};

pub(super) async fn plan(kibana: Option<&Kibana>, direction: Direction) -> Result<Vec<Step>> {
    let objects = objects();
    let faults = validate(&to_ndjson(&objects));
    if let Some(fault) = faults.first() {
        bail!("{} faults in our own boards, the first: {fault}", faults.len());
    }
    let Some(kibana) = kibana else {
        let why = "no Kibana is named; give --kibana-url or set KIBANA_URL".to_owned();
        let name = format!("{} objects", objects.len());
        return Ok(vec![Step::quiet(Subject::Dashboard, name, Change::Leave(why))]);
    };
    let mut steps = Vec::with_capacity(objects.len());
    for object in &objects {
        let there = kibana.has(object).await.map_err(unreachable)?;
        let change = match (direction, there) {
            (Direction::Remove, true) => Change::Remove,
            (Direction::Remove, false) => continue,
            (Direction::Install | Direction::InstallWithNewKeys, true) => Change::Update,
            (Direction::Install | Direction::InstallWithNewKeys, false) => Change::Create,
        };
        steps.push(Step::quiet(Subject::Dashboard, name_of(object), change));
    }
    Ok(steps)
}

fn name_of(object: &SavedObject) -> String {
    format!("{} {:?}", object.object_type.as_str(), object.title())
}

fn unreachable(error: ImportError) -> anyhow::Error {
    let exit = match &error {
        ImportError::Unreachable { .. } => Exit::Unreachable,
        ImportError::Refused { status: 401 | 403, .. } => Exit::Permission,
        ImportError::Refused { .. } => Exit::Difference,
    };
    Failure::new(exit, "boards").caused_by(error).into()
}

/// Imports or removes all boards of a plan and notes what became of each.
pub(super) async fn apply(
    kibana: Option<&Kibana>,
    steps: &[Step],
    outcomes: &mut [Outcome],
) -> Result<()> {
    let Some(kibana) = kibana else { return Ok(()) };
    let planned: Vec<usize> =
        (0..steps.len()).filter(|&at| steps[at].subject == Subject::Dashboard).collect();
    let objects = objects();
    let at_of = |object: &SavedObject| {
        planned.iter().copied().find(|&at| steps[at].name == name_of(object))
    };
    if planned.iter().any(|&at| steps[at].change == Change::Remove) {
        for object in &objects {
            let Some(at) = at_of(object) else { continue };
            if let Err(error) = kibana.remove(object).await {
                outcomes[at] = Outcome::Failed(error.to_string());
            }
        }
    } else if !planned.is_empty() {
        let rows = kibana.import(&objects).await.map_err(unreachable)?;
        for (object, row) in objects.iter().zip(rows) {
            if let (Some(at), Imported::Failed(why)) = (at_of(object), row.outcome) {
                outcomes[at] = Outcome::Failed(why);
            }
        }
    }
    Ok(())
}
