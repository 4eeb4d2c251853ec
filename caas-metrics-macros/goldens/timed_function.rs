pub fn parse(text: &str) -> Option<u8> {
    let __caas_guard = {
        enum __CaasHere {}
        static __CAAS_SITE: P::Site = P::Site::new(
            P::Measure::Duration,
            P::module_path!(),
            P::Function::Of(P::type_name::<__CaasHere>),
            0,
        );
        P::inventory::submit! {
            P::Annotated(& __CAAS_SITE)
        }
        __CAAS_SITE.__caas_duration()
    };
    text.parse().ok()
}
