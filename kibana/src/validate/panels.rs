//! A board's panels: the grid, titles, controls.

use serde_json::Value;

use super::attributes::known_field;
use super::{Faults, Fine, lens, name, text};

const WIDTH: u64 = 48;

pub(super) fn check(object: &Value, faults: &mut Faults) {
    let Ok(panels) = serde_json::from_str::<Vec<Value>>(text(&object["attributes"]["panelsJSON"]))
    else {
        return;
    };
    faults.unless(Fine::from((8..=14).contains(&panels.len())), || {
        format!("{} panels, a board holds 8 to 14", panels.len())
    });
    for (at, panel) in panels.iter().enumerate() {
        faults.at(format!("{}, panel {:?}", name(object), text(&panel["title"])));
        place(panel, faults);
        for other in &panels[at + 1..] {
            faults.unless(Fine::from(!overlap(panel, other)), || {
                format!("lies over {:?}", text(&other["title"]))
            });
        }
        faults.unless(Fine::from(!text(&panel["title"]).is_empty()), || "has no title".into());
        if panel["type"] == "lens" {
            lens::check(panel, faults);
        }
    }
    faults.at(name(object));
    controls(object, faults);
}

fn side(panel: &Value, key: &str) -> u64 {
    panel["gridData"][key].as_u64().unwrap_or_default()
}

fn place(panel: &Value, faults: &mut Faults) {
    faults.unless(Fine::from(side(panel, "x") + side(panel, "w") <= WIDTH), || {
        "reaches beyond 48 columns".into()
    });
    faults
        .unless(Fine::from(side(panel, "w") > 0 && side(panel, "h") > 0), || "has no size".into());
    faults.unless(Fine::from(panel["gridData"]["i"] == panel["panelIndex"]), || {
        "i must equal panelIndex".into()
    });
}

fn overlap(a: &Value, b: &Value) -> bool {
    let apart = |start: &str, length: &str| {
        side(a, start) + side(a, length) <= side(b, start)
            || side(b, start) + side(b, length) <= side(a, start)
    };
    !apart("x", "w") && !apart("y", "h")
}

fn controls(object: &Value, faults: &mut Faults) {
    let json = text(&object["attributes"]["controlGroupInput"]["panelsJSON"]);
    match serde_json::from_str::<Value>(json) {
        Ok(controls) => {
            for control in controls.as_object().into_iter().flat_map(|controls| controls.values()) {
                known_field(text(&control["explicitInput"]["fieldName"]), faults);
            }
        }
        Err(error) => faults.add(format!("controls are no JSON: {error}")),
    }
}
