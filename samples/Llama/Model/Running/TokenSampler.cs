namespace Llama.Model.Running;

/// <summary>Chooses a token by its logits over the whole vocabulary. The same logits and the same choice give the same token.</summary>
public static class TokenSampler
{
    /// <summary>Chooses a token.</summary>
    /// <param name="logits">Logits of the vocabulary.</param>
    /// <param name="choice">How the token is chosen. Where it is by chance, tokens stand in the order of their numbers, each as wide as its
    /// probability, and <see cref="TokenChoice.Random"/> is a point of the whole width.</param>
    /// <returns>Number of the token.</returns>
    /// <exception cref="ArgumentException">A value of the choice is out of range.</exception>
    /// <exception cref="ArithmeticException">A logit is no number, or the largest is infinite.</exception>
    public static int Choose(ReadOnlySpan<float> logits, TokenChoice choice)
    {
        ThrowUnlessValid(choice);
        var likeliest = Likeliest(logits);
        if (choice.Temperature == 0) return likeliest;
        var (weights, total) = Weights(logits, logits[likeliest], choice.Temperature);
        if (choice.TopP < 1) total = KeepLikeliest(weights, choice.TopP * total, (1 - choice.TopP) * total);
        return Point(weights, choice.Random * total);
    }

    /// <summary>Checks the values of a choice.</summary>
    /// <param name="choice">The choice.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public static void ThrowUnlessValid(TokenChoice choice)
    {
        if (!(choice.Temperature >= 0 && float.IsFinite(choice.Temperature)))
            throw new ArgumentException($"The temperature is {choice.Temperature}; expected is 0 or more.", nameof(choice));
        if (!(choice.TopP is > 0 and <= 1))
            throw new ArgumentException($"Top-p is {choice.TopP}; expected is more than 0, and 1 at most.", nameof(choice));
        if (!(choice.Random is >= 0 and < 1))
            throw new ArgumentException($"The random number is {choice.Random}; expected is 0 to below 1.", nameof(choice));
    }

    private static int Likeliest(ReadOnlySpan<float> logits)
    {
        if (logits.IsEmpty) throw new ArgumentException("There are no logits.", nameof(logits));
        var best = 0;
        for (var token = 0; token < logits.Length; token++)
        {
            if (float.IsNaN(logits[token])) throw new ArithmeticException($"The logit of token {token} is NaN.");
            if (logits[token] > logits[best]) best = token;
        }

        return float.IsFinite(logits[best]) ? best : throw new ArithmeticException($"The largest logit, of token {best}, is {logits[best]}.");
    }

    private static (double[] Weights, double Total) Weights(ReadOnlySpan<float> logits, float largest, float temperature)
    {
        var weights = new double[logits.Length];
        var total = 0.0;
        for (var token = 0; token < weights.Length; token++)
            total += weights[token] = Math.Exp(((double)logits[token] - largest) / temperature);
        return (weights, total);
    }

    // Sets the weights of all others to 0 and returns the sum of those that are kept.
    private static double KeepLikeliest(double[] weights, double wanted, double spare)
    {
        // All tokens below this are together no more than what may be left out, so that few remain to be sorted.
        var least = spare / weights.Length;
        var order = Enumerable.Range(0, weights.Length).Where(token => weights[token] >= least).ToArray();
        // Equal ones by their numbers.
        Array.Sort(order, (a, b) => weights[a] != weights[b] ? weights[b].CompareTo(weights[a]) : a.CompareTo(b));
        var (kept, sum) = (0, 0.0);
        while (kept < order.Length && (kept == 0 || sum < wanted)) sum += weights[order[kept++]];
        var isKept = new bool[weights.Length];
        foreach (var token in order.AsSpan(0, kept)) isKept[token] = true;
        // In the order in which a point is looked for, since sums depend on it.
        sum = 0;
        for (var token = 0; token < weights.Length; token++)
        {
            if (isKept[token]) sum += weights[token];
            else weights[token] = 0;
        }

        return sum;
    }

    private static int Point(double[] weights, double point)
    {
        var (sum, last) = (0.0, 0);
        for (var token = 0; token < weights.Length; token++)
        {
            if (weights[token] == 0) continue;
            sum += weights[last = token];
            if (point < sum) return token;
        }

        // Random times the sum may be rounded up to it.
        return last;
    }
}
