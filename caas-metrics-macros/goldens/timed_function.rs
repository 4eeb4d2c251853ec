pub fn parse(text: &str) -> Option<u8> {
    macro_rules! without_this_dependency_write_timed_crate_equals_path {
        () => {};
    }
    without_this_dependency_write_timed_crate_equals_path! {}
    static CALLS_ARE_TIMED_HERE: P::Site = P::duration_site(
        P::module_path!(),
        {
            enum __CaasHere {}
            P::around::<__CaasHere>("parse")
        },
    );
    let __caas_guard = {
        P::inventory::submit! {
            P::Annotated(& CALLS_ARE_TIMED_HERE)
        }
        CALLS_ARE_TIMED_HERE.__caas_duration()
    };
    text.parse().ok()
}
