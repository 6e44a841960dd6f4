//! Tails and bounds of shares against sums with many digits.

use super::ShareLaw;

fn check(whole: f64, part: f64, base: f64, dispersion: f64, wanted: f64) {
    let found = ShareLaw::new(whole, base, dispersion).tail(part, whole);
    assert!((found / wanted - 1.0).abs() < 1e-8, "{part} of {whole}: {found:e}, not {wanted:e}");
}

#[test]
fn tails_are_those_of_the_table() {
    // Summed term by term with 60 digits.
    check(2.0, 1.0, 0.005, 0.001, 9.970_025e-3);
    check(1_000.0, 30.0, 0.005, 0.001, 2.660_052_565_951e-6);
    check(1_000.0, 30.0, 0.005, 1e-6, 2.203_750_284_345e-14);
    check(1_000.0, 10.0, 0.05, 0.001, 5.301_145_451_784e-8);
    check(200.0, 60.0, 0.5, 0.01, 4.831_643_213_817e-4);
    check(50.0, 50.0, 0.3, 0.2, 1.019_085_958_026e-4);
    check(5_000.0, 300.0, 0.05, 0.002, 1.645_369_641_163e-1);
}

#[test]
fn a_whole_beyond_the_terms_still_has_its_tail() {
    // κ small against n: the share is nearly beta distributed, here uniform, and 90 % lie below 0.9.
    let law = ShareLaw::new(1e6, 0.5, 1.0 / 3.0);
    assert!((law.tail(9e5, 1e6) - 0.1).abs() < 1e-3, "{}", law.tail(9e5, 1e6));
}

#[test]
fn what_lies_beyond_the_last_term_is_not_forgotten() {
    // Nearly normal with a deviation of 5,000: ten thousand terms from one deviation on end at three.
    let law = ShareLaw::new(1e6, 0.5, 1e-4);
    let p = law.at_least(law.mean() + law.deviation());
    assert!((p - 0.158_66).abs() < 5e-4, "{p}");
}

#[test]
fn wholes_that_are_scaled_down_keep_their_share() {
    let (near, far) = (ShareLaw::new(1e6, 0.02, 0.001), ShareLaw::new(1e9, 0.02, 0.001));
    let (near, far) = (near.tail(4e4, 1e6), far.tail(4e7, 1e9));
    assert!((near.log10() - far.log10()).abs() < 1e-9, "{near:e}, {far:e}");
}

#[test]
fn bounds_are_where_the_threshold_is_met() {
    for (whole, base, dispersion) in
        [(30.0, 0.3, 0.01), (1_000.0, 0.005, 0.001), (20_000.0, 0.97, 0.0005), (3e5, 0.5, 0.1)]
    {
        let law = ShareLaw::new(whole, base, dispersion);
        let (lower, upper) = law.bounds(4.0);
        assert!(lower < base && base < upper, "{lower} {base} {upper}");
        for (share, step) in [(lower, -1.0), (upper, 1.0)] {
            // A whole that was scaled down has bounds in steps of what it was scaled to.
            let whole = law.whole;
            let part = (share * whole).round();
            assert!(law.tail(part, whole) > 1e-4, "{part} of {whole} is ordinary");
            let beyond = part + step;
            if (0.0..=whole).contains(&beyond) {
                assert!(law.tail(beyond, whole) <= 1e-4, "{beyond} of {whole} is not");
            }
        }
    }
}
