impl Method {
    #[must_use]
    pub fn from_label(text: &P::str) -> Self {
        match text {
            "GET" => Self::Get,
            "POST" => Self::Post,
            _ => Self::Other,
        }
    }
}
