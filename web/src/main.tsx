import { render } from "preact";
import { App } from "./app";
import { language, setLanguage } from "./i18n";
import "./style.css";

setLanguage(language.value);
const root = document.getElementById("app");
if (root) render(<App />, root);
