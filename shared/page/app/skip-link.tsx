import './skip-link.css'

/** The first stop of the Tab key, seen only there: past the head and the navigation. (WCAG 2.2, 2.4.1 "Bypass Blocks".) */
export function SkipLink() {
  return (
    <nav aria-label="Skip">
      <a
        className="skip-link"
        href={location.hash || '#'}
        onClick={(event) => {
          // The fragment is the view, so the browser cannot jump by it.
          event.preventDefault()
          const main = document.querySelector('main')
          if (main === null) return
          main.tabIndex = -1
          main.focus()
        }}
      >
        Skip to content
      </a>
    </nav>
  )
}
