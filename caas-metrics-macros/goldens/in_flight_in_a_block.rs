impl<T> Handler for Service<T> {
    const LIMIT: u8 = 3;
    fn handle(&self) {
        macro_rules! without_this_dependency_write_in_flight_crate_equals_path {
            () => {};
        }
        without_this_dependency_write_in_flight_crate_equals_path! {}
        static CALLS_IN_FLIGHT_ARE_COUNTED_HERE: P::Site = P::flight_site(
            P::module_path!(),
            P::named("<Service as Handler>::handle"),
        );
        let __caas_guard = {
            P::inventory::submit! {
                P::Annotated(& CALLS_IN_FLIGHT_ARE_COUNTED_HERE)
            }
            CALLS_IN_FLIGHT_ARE_COUNTED_HERE.__caas_flight()
        };
        self.work()
    }
    #[skip]
    fn name(&self) -> &str {
        "service"
    }
}
