def test_x(client):
    r=client.get("/personalize/me", headers={"x-login":"4711"})
    print(r.status_code, r.headers, r.text)
    assert 0
