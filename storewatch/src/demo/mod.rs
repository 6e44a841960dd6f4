//! `storewatch demo`.
pub(crate) async fn run(
    _: &crate::cli::DemoArgs,
    _: &runtime::settings::Environment,
    _: &mut dyn std::io::Write,
) -> anyhow::Result<runtime::Exit> {
    Ok(runtime::Exit::Done)
}
