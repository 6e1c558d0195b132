import { mount } from 'svelte'
import './theme.css'
import './base.css'
import './chain.css'
import App from './App.svelte'
import { createClient } from './client.ts'
import { AppState } from './state/app.svelte.ts'
import { preferences } from './state/preferences.svelte.ts'

preferences.apply()
const app: AppState = new AppState(createClient((connected) => (app.connected = connected)))
mount(App, { target: document.getElementById('app')!, props: { app } })
void app.start()
