//! Which inputs of a changed configuration are the old ones. Pure.

use std::collections::BTreeMap;

use crate::settings::{Input, Same, Written};

/// An input that is read now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known<'a> {
    pub(super) number: usize,
    pub(super) id: String,
    pub(super) written: &'a BTreeMap<String, String>,
}

/// What becomes of the inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// For each input of the new configuration: the number that it keeps, if it is an old one.
    places: Vec<Option<usize>>,
    /// Names that no input of the new configuration has.
    gone: Vec<String>,
}

/// Compares the inputs; when the way of reading changed, none is the old one.
pub(super) fn plan(known: &[Known<'_>], new: &Written, inputs: &[Input], reading: Same) -> Plan {
    let ids: Vec<&str> = inputs.iter().map(|input| input.id.as_str()).collect();
    plan_of(known, new, &ids, reading)
}

fn plan_of(known: &[Known<'_>], new: &Written, ids: &[&str], reading: Same) -> Plan {
    let keeps = |(place, id): (usize, &&str)| {
        let old = known.iter().find(|old| old.id == **id)?;
        let is_same = reading == Same::Yes && new.input(place) == Some(old.written);
        is_same.then_some(old.number)
    };
    let places = ids.iter().enumerate().map(keeps).collect();
    let gone = known.iter().filter(|old| !ids.contains(&old.id.as_str()));
    Plan { places, gone: gone.map(|old| old.id.clone()).collect() }
}

impl Plan {
    /// Returns the number of each input, in their order; those that are new get one from `add`.
    pub(super) fn numbers(
        &self,
        mut add: impl FnMut(&Input) -> usize,
        inputs: &[Input],
    ) -> Vec<usize> {
        let places = self.places.iter().zip(inputs);
        places.map(|(kept, input)| kept.unwrap_or_else(|| add(input))).collect()
    }

    /// Returns how many inputs go on untouched.
    pub(super) fn kept(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// Returns how many inputs are new or changed.
    pub(super) fn fresh(&self) -> usize {
        self.places.len() - self.kept()
    }

    /// Returns how many inputs are gone.
    pub(super) fn gone(&self) -> usize {
        self.gone.len()
    }

    /// Returns the names of those that are gone.
    pub(super) fn gone_ids(&self) -> &[String] {
        &self.gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::settings::Settings;

    fn written(inputs: &str) -> Written {
        Written::of(&Settings::of_text("shipper.yml", &format!("inputs: [{inputs}]\n")).unwrap())
    }

    fn check(
        old: &str,
        ids: &[&str],
        new: &str,
        new_ids: &[&str],
        want: (&[Option<usize>], &[&str]),
    ) {
        let old = written(old);
        let known: Vec<Known<'_>> = ids
            .iter()
            .enumerate()
            .map(|(place, id)| Known {
                number: place + 10,
                id: (*id).to_owned(),
                written: old.input(place).unwrap(),
            })
            .collect();
        let plan = plan_of(&known, &written(new), new_ids, Same::Yes);
        assert_eq!(
            (plan.places.as_slice(), plan.gone),
            (want.0, want.1.iter().map(ToString::to_string).collect())
        );
        let all_new = plan_of(&known, &written(new), new_ids, Same::No);
        assert_eq!(all_new.kept(), 0, "another way of reading leaves no input untouched");
    }

    const A: &str = "{ id: a, paths: [/a] }";
    const B: &str = "{ id: b, paths: [/b] }";

    #[test]
    fn an_input_that_was_not_changed_keeps_its_number_wherever_it_stands_now() {
        check(
            &format!("{A}, {B}"),
            &["a", "b"],
            &format!("{B}, {A}"),
            &["b", "a"],
            (&[Some(11), Some(10)], &[]),
        );
    }

    #[test]
    fn a_changed_input_and_a_new_one_get_numbers_of_their_own_and_a_removed_one_is_gone() {
        let changed = "{ id: b, paths: [/b, /more] }";
        let new = "{ id: c, paths: [/c] }";
        check(
            &format!("{A}, {B}"),
            &["a", "b"],
            &format!("{changed}, {new}"),
            &["b", "c"],
            (&[None, None], &["a"]),
        );
    }

    #[test]
    fn an_input_that_was_renamed_is_another_one() {
        let renamed = "{ id: z, paths: [/a] }";
        check(A, &["a"], renamed, &["z"], (&[None], &["a"]));
    }
}
