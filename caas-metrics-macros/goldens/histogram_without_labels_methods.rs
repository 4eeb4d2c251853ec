impl StoreSeconds {
    fn observe(&self, value: impl P::Observation<P::Seconds>) {
        P::resolve(self).observe(value);
    }
    fn start_timer(&self) -> P::ChildTimer<StoreSeconds> {
        P::resolve(self).start_timer()
    }
    #[must_use]
    fn child(&self) -> P::Child<StoreSeconds> {
        P::resolve(self).child()
    }
    fn init(&self) {
        P::init(self);
    }
    #[must_use]
    fn get(&self) -> P::Option<P::HistogramReading> {
        P::get(self)
    }
    fn reset() {
        P::reset::<StoreSeconds>();
    }
}
