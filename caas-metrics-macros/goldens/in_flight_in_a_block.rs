impl<T> Handler for Service<T> {
    const LIMIT: u8 = 3;
    fn handle(&self) {
        let __caas_guard = {
            static __CAAS_SITE: P::Site = P::Site::new(
                P::Measure::InFlight,
                P::module_path!(),
                P::Function::Named("<Service as Handler>::handle"),
                0,
            );
            P::inventory::submit! {
                P::Annotated(& __CAAS_SITE)
            }
            __CAAS_SITE.__caas_flight()
        };
        self.work()
    }
    #[skip]
    fn name(&self) -> &str {
        "service"
    }
}
