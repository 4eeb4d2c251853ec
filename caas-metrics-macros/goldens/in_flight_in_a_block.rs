impl<T> Handler for Service<T> {
    const LIMIT: u8 = 3;
    fn handle(&self) {
        static CALLS_IN_FLIGHT_ARE_COUNTED_HERE: P::Site = P::Site::new(
            P::Measure::InFlight,
            P::module_path!(),
            P::Function::Named("<Service as Handler>::handle"),
            P::On::NONE,
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
