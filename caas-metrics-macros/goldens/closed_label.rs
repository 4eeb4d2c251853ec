const _: () = {
    macro_rules! without_this_dependency_write_label_crate_equals_path {
        () => {};
    }
    without_this_dependency_write_label_crate_equals_path! {}
    #[automatically_derived]
    impl P::Label for Method {
        const VALUES: P::Option<&'static [&'static P::str]> = P::Some(
            &["GET", "POST", "OTHER"],
        );
        const __ONE_FORM: P::bool = true;
        type View<'__caas> = Self;
        fn index(&self) -> P::usize {
            match self {
                Self::Get { .. } => 0,
                Self::Post { .. } => 1,
                Self::Other { .. } => 2,
            }
        }
        fn text(&self) -> P::LabelText<'_> {
            P::LabelText::closed::<Self>(P::Label::index(self))
        }
        fn view(__caas_part: P::Part<'_>) -> Self::View<'_> {
            match __caas_part.index() {
                0 => Self::Get,
                1 => Self::Post,
                _ => Self::Other,
            }
        }
    }
};
