package account

// SetCompare lets a test look on while a password is compared.
func (s *Service) SetCompare(f func(password, hash string) (bool, error)) { s.compare = f }
