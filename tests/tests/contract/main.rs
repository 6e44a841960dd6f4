//! What our client promises, held against the servers that people run, and against the scripted one.
//!
//! Each check of `bulk` runs on Elasticsearch, on OpenSearch and on the scripted server: where the script answers
//! otherwise than the real ones, it lies, and tests that lean on it would prove nothing.

#[cfg(test)]
mod bulk;
#[cfg(test)]
mod place;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod search;
#[cfg(test)]
mod server;
#[cfg(test)]
mod store;

/// Makes one test of each check for each of the named places.
macro_rules! on {
    ($($place:ident),+ : $checks:tt) => { $( crate::on!(@ $place $checks); )+ };
    (@ $place:ident { $($check:ident)+ }) => {
        mod $place {
            $(
                #[test]
                fn $check() {
                    harness::block_on(super::$check(&crate::place::Place::$place()));
                }
            )+
        }
    };
}
pub(crate) use on;
