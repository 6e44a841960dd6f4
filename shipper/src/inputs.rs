//! The inputs of this run, each under a number that nothing else ever gets.
//!
//! What is read carries the number of its input. A reload adds inputs and retires others, but a number keeps its meaning:
//! events that were read before it still go to their stream, and their dead letters still name their input.

use std::sync::{Arc, PoisonError, RwLock};

use crate::settings::Input;

/// The inputs by number. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    shared: Arc<RwLock<Numbered>>,
}

#[derive(Debug, Default)]
struct Numbered {
    all: Vec<Arc<Input>>,
    /// The numbers of those that are read now, in the order of the configuration: a file belongs to the first.
    active: Vec<usize>,
}

impl Inputs {
    /// Returns the inputs of a start, numbered in their order.
    pub fn new(inputs: &[Input]) -> Self {
        let all: Vec<Arc<Input>> = inputs.iter().cloned().map(Arc::new).collect();
        let active = (0..all.len()).collect();
        Self { shared: Arc::new(RwLock::new(Numbered { all, active })) }
    }

    /// Returns an input, be it still read or not.
    pub fn get(&self, number: usize) -> Option<Arc<Input>> {
        let numbered = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        numbered.all.get(number).cloned()
    }

    /// Enters an input and returns its number; it is not read before [`Inputs::activate`] says so.
    pub fn add(&self, input: Input) -> usize {
        let mut numbered = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        numbered.all.push(Arc::new(input));
        numbered.all.len() - 1
    }

    /// Says which are read from now on, in the order of the configuration.
    pub fn activate(&self, numbers: Vec<usize>) {
        self.shared.write().unwrap_or_else(PoisonError::into_inner).active = numbers;
    }

    /// Returns those that are read now with their numbers, in the order of the configuration.
    pub fn active(&self) -> Vec<(usize, Arc<Input>)> {
        let numbered = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        let numbers = numbered.active.iter();
        numbers
            .filter_map(|&number| Some((number, Arc::clone(numbered.all.get(number)?))))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Shipper;
    use runtime::settings::Settings;

    fn input(id: &str) -> Input {
        let text = format!(
            "cluster: {{ addresses: [\"http://127.0.0.1:9\"] }}\nstore: {{ id: s }}\ninputs: [{{ id: {id}, paths: [/a], dataset: app }}]\n"
        );
        let settings = Settings::of_text("shipper.yml", &text).unwrap();
        Shipper::check(&settings).unwrap().inputs.remove(0)
    }

    #[test]
    fn a_number_keeps_its_meaning_when_its_input_is_retired() {
        let inputs = Inputs::new(&[input("a"), input("b")]);
        let seen = inputs.clone();
        assert_eq!(inputs.add(input("c")), 2);
        inputs.activate(vec![2, 0]);
        let active: Vec<(usize, String)> =
            seen.active().into_iter().map(|(number, input)| (number, input.id.clone())).collect();
        assert_eq!(active, [(2, "c".to_owned()), (0, "a".to_owned())]);
        assert_eq!(seen.get(1).unwrap().id, "b");
        assert!(seen.get(3).is_none());
    }
}
